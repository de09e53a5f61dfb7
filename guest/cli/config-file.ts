/** What the user has settled for all commands: ~/.docker/config.json, as Docker's client keeps it. */
import { type Sys, SysError } from "../sys/sys.ts";
import { findJsonProblem } from "./args/json-syntax.ts";
import type { Options } from "./args/parse.ts";
import type { Environment } from "./cli.ts";

/** Fields that nobody here knows are kept when it is written. */
type Content = Record<string, unknown>;

export class ConfigFile {
  readonly directory: string;
  readonly #sys: Sys;
  #content: Content | null = null;
  #problem: string | null = null;

  constructor(sys: Sys, directory: string) {
    this.#sys = sys;
    this.directory = directory;
  }

  /** Why the file settles nothing, in the words of Docker's client; null: it does, or there is none. */
  get problem(): string | null {
    this.#read();
    return this.#problem === null ? null : `Error loading config file: ${this.#path()}: ${this.#problem}`;
  }

  /** "" when it is not set. */
  text(name: string): string {
    const value = this.#read()[name];
    return typeof value === "string" ? value : "";
  }

  texts(name: string): readonly string[] {
    const value = this.#read()[name];
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  }

  /** Written at once, as a whole. "" takes it away. */
  set(name: string, value: string): void {
    const { [name]: _, ...rest } = this.#read();
    this.#content = { auths: {}, ...rest, ...(value === "" ? {} : { [name]: value }) };
    this.#sys.mkdirAll(this.directory, 0o700);
    this.#sys.writeFile(this.#path(), JSON.stringify(this.#content, null, "\t"), {
      mode: 0o600,
      atomic: true,
    });
  }

  /** One that is not there, or that is no JSON, settles nothing. */
  #read(): Content {
    this.#content ??= this.#parse(this.#readText());
    return this.#content;
  }

  #path(): string {
    return `${this.directory}/config.json`;
  }

  #parse(text: string): Content {
    if (text.trim() === "") return {};
    try {
      const value: unknown = JSON.parse(text);
      if (value === null) return {};
      if (typeof value === "object" && !Array.isArray(value)) return { ...value };
      const kind = Array.isArray(value) ? "array" : JSON_NAMES[typeof value];
      this.#problem = `json: cannot unmarshal ${kind} into Go value of type configfile.ConfigFile`;
    } catch {
      const problem = findJsonProblem(this.#sys.utf8Encode(text), true);
      if (problem !== null) this.#problem = problem.kind === "end" ? "unexpected EOF" : problem.message;
    }
    return {};
  }

  #readText(): string {
    const path = this.#path();
    // Hardly anybody has one, every command looks for it, and asking costs less than a refusal.
    if (!this.#sys.exists(path)) return "";
    try {
      return this.#sys.readFile(path);
    } catch (error) {
      if (error instanceof SysError) return "";
      throw error;
    }
  }
}

const JSON_NAMES: Readonly<Record<string, string>> = { string: "string", number: "number", boolean: "bool" };

/** `--config`, DOCKER_CONFIG, or the user's home. */
export function configDirectory(options: Options, environ: Environment): string {
  return options.text("config", environ["DOCKER_CONFIG"] || `${environ["HOME"] ?? ""}/.docker`);
}
