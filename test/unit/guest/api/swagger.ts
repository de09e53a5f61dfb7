import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { parse } from "yaml";

const FILE = join(resolve(import.meta.dirname, "../../../.."), "../shared/data/engine-api-1.45.swagger.yaml");

/** False where the public specification is not beside the repository: its tests then skip. */
export const hasSwagger = existsSync(FILE);

type Node = Record<string, unknown>;

interface Swagger extends Node {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, { readonly schema?: Node }> }>>;
}

let loaded: { readonly swagger: Swagger; readonly ajv: Ajv } | null = null;

function load(): { readonly swagger: Swagger; readonly ajv: Ajv } {
  if (loaded !== null) return loaded;
  const swagger = convert(parse(readFileSync(FILE, "utf8"))) as Swagger;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(swagger, "api");
  loaded = { swagger, ajv };
  return loaded;
}

/** What is wrong with an answer of an operation; nothing: it is as the specification says. */
export function problemsOf(method: string, path: string, status: number, value: unknown): readonly string[] {
  const { swagger, ajv } = load();
  const schema = swagger.paths[path]?.[method]?.responses[String(status)]?.schema;
  if (schema === undefined) throw new Error(`the specification has no body for ${method} ${path} ${status}`);
  const pointer = `api#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${method}/responses/${status}/schema`;
  const validate: ValidateFunction | undefined = ajv.getSchema(encodeURI(pointer));
  if (validate === undefined) throw new Error(`no schema at ${pointer}`);
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}

/** Swagger 2 to JSON Schema: what may be null says so, formats of integers are dropped, enums allow the empty string
 *  that Docker sends. */
function convert(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(convert);
  if (typeof node !== "object" || node === null) return node;
  const copy: Node = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "format" || key === "example" || key === "x-nullable") continue;
    copy[key] = POINTERS.has(key) ? nullable(convert(value)) : convert(value);
  }
  if (Array.isArray(copy["enum"])) copy["enum"] = [...new Set([...copy["enum"], ""])];
  // Go sends null for an empty list or map wherever the field may be left out.
  const type = copy["type"];
  return (node as Node)["x-nullable"] === true || type === "array" || type === "object" ? nullable(copy) : copy;
}

/** Pointers in Docker's own types: sent as null when unset, whatever the specification says. */
const POINTERS = new Set(["MemorySwappiness", "OomKillDisable"]);

function nullable(node: unknown): unknown {
  const { type, ...rest } = node as Node;
  return typeof type === "string" ? { ...rest, type: [type, "null"] } : node;
}
