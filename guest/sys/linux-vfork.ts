import { errnoName } from "./errno.ts";
import { type Program, SysError } from "./sys.ts";

/** The child's side of vfork. It shares our memory: what it throws is kept, to be thrown again by its parent. */
export class VforkedLife {
  thrown: { readonly error: unknown } | null = null;
  #program: Program | null = null;
  readonly #child: () => Program | null;

  constructor(child: () => Program | null) {
    this.#child = child;
  }

  run(): readonly [string, readonly string[], readonly string[]] | null {
    this.#program = this.#keeping(this.#child, null);
    return this.#program && [this.#program.path, this.#program.argv, this.#program.envp];
  }

  refuse(result: number): number {
    const { path = "", failed } = this.#program ?? {};
    return this.#keeping(() => {
      const error = new SysError({ syscall: "execve", code: errnoName(-result), errno: -result, path });
      if (failed === undefined) throw error;
      return failed(error);
    }, 1);
  }

  #keeping<T>(step: () => T, otherwise: T): T {
    try {
      return step();
    } catch (error) {
      this.thrown = { error };
      return otherwise;
    }
  }
}
