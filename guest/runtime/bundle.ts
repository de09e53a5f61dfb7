/**
 * A bundle is a directory with config.json: bundle.md of the OCI runtime specification. What is written here is what the
 * container was made from, and crun and runc make the same one from it. A learner can read it in /run/docker/runtime/ID.
 */
import type { Sys } from "../sys/sys.ts";
import { CLONE_FLAG } from "./namespaces.ts";
import { during, RuntimeError } from "./runtime-error.ts";
import type { Spec } from "./spec.ts";

/** RLIM_INFINITY as JavaScript prints it, and as the specification's uint64 wants it. */
const INFINITY_ROUNDED = "18446744073709552000";
const INFINITY_EXACT = "18446744073709551615";

/** Nearly all of a specification is the shared, frozen objects of default-spec.ts and the seccomp profile: put into words once. */
const texts = new WeakMap<object, string>();

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

export function configJson({ process, mounts, linux, ...rest }: Spec): string {
  const resources = linux.resources === undefined ? "" : `,"resources":${objectText(linux.resources)}`;
  const text =
    `${objectText(rest, false)},"process":${objectText(process)},"mounts":[${mounts.map(textOf).join()}],` +
    `"linux":${objectText({ ...linux, resources: undefined }, false)}${resources}}}`;
  return (process.rlimits ?? []).length === 0 ? text : text.replaceAll(INFINITY_ROUNDED, INFINITY_EXACT);
}

/** Member by member, so that what is known is not put into words again. */
function objectText(value: object, closed = true): string {
  const members: string[] = [];
  for (const name in value) {
    const part = value[name as keyof typeof value] as unknown;
    if (part !== undefined) members.push(`"${name}":${textOf(part)}`);
  }
  return `{${members.join()}${closed ? "}" : ""}`;
}

/** Who freezes an object says that it stays as it is, all the way down. */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  if (Object.isFrozen(value)) texts.set(value, text);
  return text;
}

/** What keeps a value from being a Spec, a sentence each; none: it is one. */
export function specProblems(value: unknown): readonly string[] {
  if (!isObject(value)) return ["config.json must be an object"];
  const { ociVersion, root, process, mounts, linux } = value;
  const { path } = membersOf(root);
  const { args, env = [], cwd, user } = membersOf(process);
  const { namespaces } = membersOf(linux);
  const needs: readonly (readonly [holds: boolean, sentence: string])[] = [
    [typeof ociVersion === "string" && ociVersion.startsWith("1."), "ociVersion must be 1.x"],
    [typeof path === "string", "root.path must be a path"],
    [isTexts(args) && args.length > 0, "process.args must not be empty"],
    [isTexts(env), "process.env must be a list of texts"],
    [isAbsolute(cwd), "process.cwd must be an absolute path"],
    [isObject(user), "process.user must be there"],
    [Array.isArray(mounts) && mounts.every(isMount), "mounts must be a list with absolute destinations"],
    [isNamespaces(namespaces), "linux.namespaces must list known namespaces once each"],
  ];
  return needs.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}

function isMount(value: unknown): boolean {
  return isAbsolute(membersOf(value).destination);
}

function isNamespaces(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const types = value.map((namespace) => membersOf(namespace).type);
  return types.every((type) => typeof type === "string" && type in CLONE_FLAG) && new Set(types).size === types.length;
}

/** Of whatever it is: the members that are asked for here. */
function membersOf(value: unknown): Partial<Record<Member, unknown>> {
  return isObject(value) ? value : {};
}

type Member = "path" | "args" | "env" | "cwd" | "user" | "namespaces" | "destination" | "type";

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
