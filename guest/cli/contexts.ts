/**
 * Contexts: engines that the user has given a name. Docker's own store, so that both clients see the same ones: a folder
 * of `contexts/meta` each, called after the digest of the name.
 */
import { type Sys, SysError } from "../sys/sys.ts";
import { ExitError } from "./command.ts";

export const DEFAULT_CONTEXT = "default";
export const DEFAULT_DESCRIPTION = "Current DOCKER_HOST based configuration";

export interface Context {
  readonly Name: string;
  readonly Metadata: { readonly Description?: string };
  readonly Endpoints: { readonly docker: ContextEndpoint };
}

export interface ContextEndpoint {
  readonly Host: string;
  readonly SkipTLSVerify: boolean;
}

const VALID_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** Throws Docker's refusals of a name for a context of the store. */
export function checkContextName(name: string): void {
  if (name === DEFAULT_CONTEXT) throw new ExitError(1, `"${DEFAULT_CONTEXT}" is a reserved context name`);
  if (VALID_NAME.test(name)) return;
  throw new ExitError(
    1,
    `context name ${JSON.stringify(name)} is invalid, names are validated against regexp "${VALID_NAME.source}"`,
  );
}

export class ContextStore {
  readonly #sys: Sys;
  readonly #directory: string;

  /** `directory` is that of the configuration file. */
  constructor(sys: Sys, directory: string) {
    this.#sys = sys;
    this.#directory = `${directory}/contexts`;
  }

  /** By name; without those whose file is damaged. */
  list(): readonly Context[] {
    const folder = `${this.#directory}/meta`;
    if (!this.#sys.exists(folder)) return [];
    const found = this.#sys.readdir(folder).flatMap((name) => this.#load(`${folder}/${name}/meta.json`) ?? []);
    return found.sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  has(name: string): boolean {
    return this.#sys.exists(this.#file(name));
  }

  /** Throws Docker's `context not found`. */
  get(name: string): Context {
    const context = this.#load(this.#file(name));
    if (context !== null) return context;
    const missing = `open ${this.#file(name)}: no such file or directory`;
    throw new ExitError(1, `context ${JSON.stringify(name)}: context not found: ${missing}`);
  }

  put(context: Context): void {
    const file = this.#file(context.Name);
    this.#sys.mkdirAll(file.slice(0, file.lastIndexOf("/")), 0o755);
    this.#sys.writeFile(file, JSON.stringify(context), { mode: 0o644, atomic: true });
  }

  remove(name: string): void {
    const { metadata, tls } = this.paths(name);
    this.#sys.removeAll(metadata);
    this.#sys.removeAll(tls);
  }

  paths(name: string): { readonly metadata: string; readonly tls: string } {
    const digest = this.#sys.sha256Bytes(this.#sys.utf8Encode(name));
    return { metadata: `${this.#directory}/meta/${digest}`, tls: `${this.#directory}/tls/${digest}` };
  }

  #file(name: string): string {
    return `${this.paths(name).metadata}/meta.json`;
  }

  #load(file: string): Context | null {
    try {
      return readContext(JSON.parse(this.#sys.readFile(file)) as Partial<Context>);
    } catch (error) {
      if (error instanceof SysError || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

/** Contexts of other tools may have endpoints that are none of ours, and fields that are left out. */
export function readContext({ Name = "", Metadata = {}, Endpoints }: Partial<Context>): Context {
  const { Host = "", SkipTLSVerify = false } = Endpoints?.docker ?? {};
  const { Description } = Metadata;
  return {
    Name,
    Metadata: Description === undefined || Description === "" ? {} : { Description },
    Endpoints: { docker: { Host, SkipTLSVerify } },
  };
}

export function contextOf(name: string, description: string, docker: ContextEndpoint): Context {
  return { Name: name, Metadata: description === "" ? {} : { Description: description }, Endpoints: { docker } };
}
