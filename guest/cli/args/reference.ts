/** Image names: `[REGISTRY/]PATH[:TAG][@DIGEST]`, as the user types them and as the engine pulls them. */
import { isDigit } from "./number.ts";

export interface Reference {
  /** What `Unable to find image '…'` shows: the tag is spelled out. */
  readonly familiar: string;
  /** Without tag and digest. */
  readonly name: string;
  /** Tag, or the digest when there is one. */
  readonly tag: string;
}

export class BadReference extends Error {}

const DIGEST_LENGTH = 64;

export function parseReference(text: string): Reference {
  if (isHex(text, DIGEST_LENGTH))
    throw new BadReference("invalid repository name, cannot specify 64-byte hexadecimal strings");
  const at = text.indexOf("@");
  const digest = at < 0 ? "" : text.slice(at + 1);
  const beforeDigest = at < 0 ? text : text.slice(0, at);
  const slash = beforeDigest.lastIndexOf("/");
  const colon = beforeDigest.indexOf(":", slash + 1);
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? "" : beforeDigest.slice(colon + 1);
  checkName(name);
  if ((colon >= 0 && !isTag(tag)) || (at >= 0 && !isDigest(digest))) throw new BadReference("invalid reference format");
  const familiarName = shorten(name);
  if (digest !== "") {
    const tagged = tag === "" ? familiarName : `${familiarName}:${tag}`;
    return { familiar: `${tagged}@${digest}`, name: familiarName, tag: digest };
  }
  return { familiar: `${familiarName}:${tag || "latest"}`, name: familiarName, tag: tag || "latest" };
}

/** Docker's own registry goes without saying, and "library" for what lies directly in it. */
function shorten(name: string): string {
  const bare = cutStart(name, name.startsWith("index.") ? "index.docker.io/" : "docker.io/");
  const short = cutStart(bare, "library/");
  return short.includes("/") ? bare : short;
}

function cutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text;
}

function checkName(name: string): void {
  const parts = name.split("/");
  const [first = ""] = parts;
  const remote = parts.length > 1 && looksLikeDomain(first);
  if (remote && !isDomain(first)) throw new BadReference("invalid reference format");
  const path = remote ? parts.slice(1) : parts;
  if (path.every(isPathComponent)) return;
  if (path.every((part) => isPathComponent(part.toLowerCase()))) {
    const full = parts.length === 1 ? `library/${name}` : name;
    throw new BadReference(`invalid reference format: repository name (${full}) must be lowercase`);
  }
  throw new BadReference("invalid reference format");
}

/** The first part is a registry when it could not be a path: a dot, a port, localhost, a capital letter. */
function looksLikeDomain(part: string): boolean {
  return part.includes(".") || part.includes(":") || part === "localhost" || part !== part.toLowerCase();
}

/** A host name or an address in brackets, and a port. */
function isDomain(part: string): boolean {
  return /^(?:\[[\da-f:]+\]|[a-z\d]+(?:-+[a-z\d]+)*(?:\.[a-z\d]+(?:-+[a-z\d]+)*)*)(?::\d+)?$/i.test(part);
}

/** Lower-case letters and digits, joined by one dot, one or two underscores, or dashes. */
function isPathComponent(part: string): boolean {
  let separator = "";
  let alphanumeric = false;
  for (let at = 0; at < part.length; at++) {
    const code = part.charCodeAt(at);
    if (isDigit(code) || (code >= 97 && code <= 122)) {
      alphanumeric = true;
      if (separator !== "" && !isSeparator(separator)) return false;
      separator = "";
    } else {
      separator += part.charAt(at);
      if (!alphanumeric) return false;
    }
  }
  return alphanumeric && separator === "";
}

function isSeparator(text: string): boolean {
  return text === "." || text === "_" || text === "__" || [...text].every((letter) => letter === "-");
}

function isTag(tag: string): boolean {
  if (tag === "" || tag.length > 128) return false;
  return [...tag].every((letter, index) => isWordLetter(letter) || (index > 0 && (letter === "." || letter === "-")));
}

function isWordLetter(letter: string): boolean {
  const code = letter.charCodeAt(0);
  return isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || letter === "_";
}

function isDigest(digest: string): boolean {
  return digest.startsWith("sha256:") && isHex(digest.slice(7), DIGEST_LENGTH);
}

export function isHex(text: string, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) && !(code >= 97 && code <= 102)) return false;
  }
  return true;
}
