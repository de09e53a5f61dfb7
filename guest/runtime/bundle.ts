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

/** Nearly all of a specification is the shared, frozen objects of default-spec.ts and the seccomp profile: put into words
 *  once. */
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
  const { capabilities, ...user } = process;
  const { resources, sysctl, seccomp, maskedPaths, readonlyPaths, ...isolation } = linux;
  const text =
    `${open(rest)},"process":${open(user)}${member("capabilities", capabilities)}},` +
    `"mounts":[${mounts.map(textOf).join()}],` +
    `"linux":${open(isolation)}${member("resources", resources)}${member("sysctl", sysctl)}` +
    `${member("seccomp", seccomp)}${member("maskedPaths", maskedPaths)}${member("readonlyPaths", readonlyPaths)}}}`;
  return (process.rlimits ?? []).length === 0 ? text : text.replaceAll(INFINITY_ROUNDED, INFINITY_EXACT);
}

/** An object that more members will follow in; it is not empty. */
function open(value: object): string {
  return JSON.stringify(value).slice(0, -1);
}

/** One that others stand in front of. */
function member(name: string, value: object | undefined): string {
  return value === undefined ? "" : `,"${name}":${textOf(value)}`;
}

/** Who freezes an object says that it stays as it is, all the way down. */
function textOf(value: object): string {
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
