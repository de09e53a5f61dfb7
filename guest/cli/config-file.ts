/** What the user has settled for all commands: ~/.docker/config.json, as Docker's client keeps it. */
import { type Sys, SysError } from "../sys/sys.ts";
import type { Options } from "./args/parse.ts";
import type { Environment } from "./cli.ts";

/** Fields that nobody here knows are kept when it is written. */
type Content = Record<string, unknown>;

export class ConfigFile {
  readonly directory: string;
  readonly #sys: Sys;
  #content: Content | null = null;

  constructor(sys: Sys, directory: string) {
    this.#sys = sys;
    this.directory = directory;
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
    this.#sys.writeFile(`${this.directory}/config.json`, JSON.stringify(this.#content, null, "\t"), {
      mode: 0o600,
      atomic: true,
    });
  }

  /** One that is not there, or that is no JSON, settles nothing. */
  #read(): Content {
    this.#content ??= parseContent(this.#readText());
    return this.#content;
  }

  #readText(): string {
    const path = `${this.directory}/config.json`;
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

function parseContent(text: string): Content {
  try {
    const value: unknown = text === "" ? {} : JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** `--config`, DOCKER_CONFIG, or the user's home. */
export function configDirectory(options: Options, environ: Environment): string {
  return options.text("config", environ["DOCKER_CONFIG"] || `${environ["HOME"] ?? ""}/.docker`);
}
