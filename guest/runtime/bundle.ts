/**
 * A bundle is a directory with config.json: bundle.md of the OCI runtime specification. What is written here is what the
 * container was made from, and crun and runc make the same one from it. A learner can read it in /run/docker/runtime/ID.
 */
import type { Sys } from "../sys/sys.ts";
import { CLONE_FLAG } from "./namespaces.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import type { Seccomp, Spec } from "./spec.ts";

/** RLIM_INFINITY as JavaScript prints it, and as the specification's uint64 wants it. */
const INFINITY_ROUNDED = "18446744073709552000";
const INFINITY_EXACT = "18446744073709551615";

/** The profile is nine tenths of the text and nearly always the same object. */
const seccompTexts = new WeakMap<Seccomp, string>();

export function writeBundle(sys: Sys, directory: string, spec: Spec): void {
  sys.writeFile(`${directory}/config.json`, configJson(spec), { mode: 0o600 });
}

/** Throws RuntimeError of stage "spec" for a file that is none. */
export function readBundle(sys: Sys, directory: string): Spec {
  const path = `${directory}/config.json`;
  const text = during("spec", () => sys.readFile(path));
  let spec: unknown;
  try {
    spec = JSON.parse(text.replaceAll(INFINITY_EXACT, INFINITY_ROUNDED));
  } catch (error) {
    throw invalid(path, [String(error)]);
  }
  const problems = specProblems(spec);
  if (problems.length > 0) throw invalid(path, problems);
  return spec as Spec;
}

export function configJson(spec: Spec): string {
  const { linux, ...rest } = spec;
  const { seccomp, ...confined } = linux;
  let text = JSON.stringify({ ...rest, linux: confined });
  // `linux` was put last: its end and the end of all are the last two characters.
  if (seccomp !== undefined) text = `${text.slice(0, -2)},"seccomp":${seccompText(seccomp)}}}`;
  return (spec.process.rlimits ?? []).length === 0 ? text : text.replaceAll(INFINITY_ROUNDED, INFINITY_EXACT);
}

/** What keeps a value from being a Spec, a sentence each; none: it is one. */
export function specProblems(value: unknown): readonly string[] {
  if (!isObject(value)) return ["config.json must be an object"];
  const { ociVersion, root, process, mounts, linux } = value;
  const problems: string[] = [];
  const need = (holds: boolean, sentence: string): void => {
    if (!holds) problems.push(sentence);
  };
  need(typeof ociVersion === "string" && ociVersion.startsWith("1."), "ociVersion must be 1.x");
  need(isObject(root) && typeof root["path"] === "string", "root.path must be a path");
  need(isObject(process) && isTexts(process["args"]) && process["args"].length > 0, "process.args must not be empty");
  need(isObject(process) && isTexts(process["env"] ?? []), "process.env must be a list of texts");
  need(isObject(process) && isAbsolute(process["cwd"]), "process.cwd must be an absolute path");
  need(isObject(process) && isObject(process["user"]), "process.user must be there");
  need(Array.isArray(mounts) && mounts.every(isMount), "mounts must be a list with absolute destinations");
  need(isObject(linux) && isNamespaces(linux["namespaces"]), "linux.namespaces must list known namespaces once each");
  return problems;
}

function seccompText(seccomp: Seccomp): string {
  let text = seccompTexts.get(seccomp);
  if (text === undefined) {
    text = JSON.stringify(seccomp);
    seccompTexts.set(seccomp, text);
  }
  return text;
}

function isMount(value: unknown): boolean {
  return isObject(value) && isAbsolute(value["destination"]);
}

function isNamespaces(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const types = value.map((namespace) => (isObject(namespace) ? namespace["type"] : undefined));
  return types.every((type) => typeof type === "string" && type in CLONE_FLAG) && new Set(types).size === types.length;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isAbsolute(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("/");
}

function invalid(path: string, problems: readonly string[]): RuntimeError {
  const reason = `${path}: ${problems.join("; ")}`;
  return new RuntimeError({ stage: "spec", syscall: "", code: "EINVAL", path, reason });
}
