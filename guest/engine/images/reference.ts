import { EngineError } from "../../api/contract/errors.ts";

/** What an image is called. `familiar` is how people write it: docker.io/library/busybox is busybox. */
export interface ImageReference {
  readonly domain: string;
  /** Path in the registry: library/busybox. */
  readonly path: string;
  readonly tag: string | null;
  readonly digest: string | null;
  readonly familiar: string;
}

const DEFAULT_DOMAIN = "docker.io";
const OFFICIAL = "library/";
const MAX_NAME = 255;

/** distribution/reference: lower case letters and digits joined by ".", "_", "__" or dashes. */
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const SHORTENED_ID = /^[a-f0-9]{64}$/;

/** Throws "invalid" in Docker's words: `invalid reference format`. */
export function parseReference(text: string): ImageReference {
  if (SHORTENED_ID.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { name, tag, digest } = cut(text);
  const { domain, path } = splitDomain(name);
  if (path !== path.toLowerCase()) {
    throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  const good = DOMAIN.test(domain) && path.split("/").every((part) => PATH_COMPONENT.test(part));
  if (!good || (tag !== null && !TAG.test(tag)) || (digest !== null && !DIGEST.test(digest))) {
    throw invalid("invalid reference format");
  }
  if (path.length > MAX_NAME) throw invalid(`repository name must not be more than ${MAX_NAME} characters`);
  return { domain, path, tag, digest, familiar: familiarName(domain, path) };
}

/** "busybox" → "busybox:latest": the key of the repositories file. A digest stands for itself. */
export function referenceKey(reference: ImageReference): string {
  if (reference.digest !== null) return `${reference.familiar}@${reference.digest}`;
  return `${reference.familiar}:${reference.tag ?? "latest"}`;
}

/** The key of a text, or the text itself where it is no reference: for comparing what people wrote. */
export function normalizeReference(text: string): string {
  try {
    return referenceKey(parseReference(text));
  } catch {
    return text;
  }
}

function cut(text: string): { name: string; tag: string | null; digest: string | null } {
  const at = text.indexOf("@");
  const digest = at < 0 ? null : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(":");
  if (colon < 0 || rest.includes("/", colon)) return { name: rest, tag: null, digest };
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/** The first part is a registry when it looks like a host: a dot, a port, localhost or a capital letter in it. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (slash < 0 || !isHost) return { domain: DEFAULT_DOMAIN, path: slash < 0 ? OFFICIAL + name : name };
  const rest = name.slice(slash + 1);
  const domain = first === "index.docker.io" ? DEFAULT_DOMAIN : first;
  return { domain, path: domain === DEFAULT_DOMAIN && !rest.includes("/") ? OFFICIAL + rest : rest };
}

function familiarName(domain: string, path: string): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const short = path.slice(OFFICIAL.length);
  return path.startsWith(OFFICIAL) && !short.includes("/") ? short : path;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
