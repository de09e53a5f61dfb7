import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import type { Container } from "./container.ts";
import { NameIndex } from "./names.ts";

const ID_PREFIX = /^[0-9a-f]{1,64}$/;

/** Which containers there are, by id and by name. */
export class ContainerIndex {
  readonly #byId = new Map<string, Container>();
  readonly names: NameIndex;

  constructor(sys: Sys) {
    this.names = new NameIndex(sys);
  }

  /** All of them, the oldest first. */
  all(): Iterable<Container> {
    return this.#byId.values();
  }

  /** One whose name is reserved. */
  add(container: Container): void {
    this.#byId.set(container.id, container);
  }

  delete(container: Container): void {
    this.#byId.delete(container.id);
    this.names.release(container.name, container.id);
  }

  /** By id, name, or the beginning of an id. Throws Docker's refusals. */
  find(name: string): Container {
    if (name === "") throw new EngineError("invalid", "No container name or ID supplied");
    const plain = name.startsWith("/") ? name.slice(1) : name;
    const known = this.#byId.get(name) ?? this.#byId.get(this.names.ownerOf(plain) ?? "");
    if (known !== undefined) return known;
    const found = ID_PREFIX.test(name) ? this.#withPrefix(name) : [];
    const [first, second] = found;
    if (second !== undefined) throw new EngineError("invalid", `multiple IDs found with provided prefix: ${name}`);
    if (first !== undefined) return first;
    throw new EngineError("notFound", `No such container: ${name}`);
  }

  /** The id of one that is there, else the name itself. */
  resolve(name: string): string {
    try {
      return this.find(name).id;
    } catch {
      return name;
    }
  }

  #withPrefix(prefix: string): Container[] {
    const found: Container[] = [];
    for (const [id, container] of this.#byId) if (id.startsWith(prefix)) found.push(container);
    return found;
  }
}
