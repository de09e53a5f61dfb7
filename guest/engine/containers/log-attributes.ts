/** What of a container is written beside each line of its log: moby's logger.Info.ExtraAttributes and log tags. */
import type { ContainerConfig } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { Container } from "./container.ts";

type Options = Readonly<Record<string, string>>;

/** Names of the options. */
export const ATTRIBUTE_OPTIONS = ["labels", "labels-regex", "env", "env-regex", "tag"];

const SHORT_ID = 12;

/** What a tag may speak of, as fields of Go's logger.Info. */
const TAG_FIELDS: Readonly<Record<string, (container: Container) => string>> = {
  ID: ({ id }) => id.slice(0, SHORT_ID),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ record }) => record.Image.slice(0, SHORT_ID),
  ImageFullID: ({ record }) => record.Image,
  ImageName: ({ config }) => config.Image ?? "",
  DaemonName: () => "docker",
};

/** Throws Docker's refusal of an expression, and ours of a tag that is more than text and fields. */
export function validateAttributes(options: Options): void {
  if (!asksForAttributes(options)) return;
  for (const name of ["labels-regex", "env-regex"]) if (options[name]) compile(options[name]);
  for (const action of actionsOf(options["tag"] ?? "")) fieldOf(action);
}

/** In the order of their names; empty when nothing was asked for. */
export function logAttributes(container: Container): readonly (readonly [name: string, value: string])[] {
  const options = container.hostConfig.LogConfig?.Config ?? {};
  if (!asksForAttributes(options)) return [];
  const attributes = new Map<string, string>();
  take(attributes, new Map(Object.entries(container.config.Labels ?? {})), options["labels"], options["labels-regex"]);
  take(attributes, environmentOf(container.config), options["env"], options["env-regex"]);
  const tag = writeTag(options["tag"] ?? "", container);
  if (tag !== "") attributes.set("tag", tag);
  return [...attributes].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** As each line of the file has it, in Go's JSON; "" without any. */
export function attributesAsJson(container: Container): string {
  const attributes = logAttributes(container);
  if (attributes.length === 0) return "";
  const text = JSON.stringify(Object.fromEntries(attributes));
  return text.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** As `docker logs --details` has it in front of each line: "a=1,b=2". */
export function attributesAsQuery(container: Container): string {
  return logAttributes(container)
    .map(([name, value]) => `${escapeQuery(name)}=${escapeQuery(value)}`)
    .join(",");
}

function asksForAttributes(options: Options): boolean {
  for (const name in options) if (ATTRIBUTE_OPTIONS.includes(name)) return true;
  return false;
}

function take(
  into: Map<string, string>,
  from: ReadonlyMap<string, string>,
  names: string | undefined,
  expression: string | undefined,
): void {
  for (const name of names?.split(",") ?? []) {
    const value = from.get(name);
    if (value !== undefined) into.set(name, value);
  }
  if (!expression) return;
  const pattern = compile(expression);
  for (const [name, value] of from) if (pattern.test(name)) into.set(name, value);
}

function environmentOf({ Env }: ContainerConfig): ReadonlyMap<string, string> {
  const pairs = (Env ?? []).filter((entry) => entry.includes("="));
  return new Map(pairs.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

function compile(expression: string): RegExp {
  try {
    return new RegExp(expression, "u");
  } catch {
    throw new EngineError(
      "invalid",
      `failed to initialize logging driver: error parsing regexp: invalid or unsupported syntax: \`${expression}\``,
    );
  }
}

function actionsOf(tag: string): readonly string[] {
  return tag.match(/\{\{.*?(?:\}\}|$)/gs) ?? [];
}

function writeTag(tag: string, container: Container): string {
  return tag.replace(/\{\{.*?(?:\}\}|$)/gs, (action) => fieldOf(action)(container));
}

function fieldOf(action: string): (container: Container) => string {
  const field = TAG_FIELDS[/^\{\{\s*\.(\w+)\s*\}\}$/.exec(action)?.[1] ?? ""];
  if (field !== undefined) return field;
  const known = Object.keys(TAG_FIELDS)
    .map((name) => `{{.${name}}}`)
    .join(", ");
  throw new EngineError("notImplemented", `log option 'tag': ${action} is not supported by this engine: use ${known}`);
}

/** Go's url.QueryEscape. */
function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, "+")
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
