import type { EngineClient } from "../guest/api/client.ts";
import type { ContainerSummary } from "../guest/api/contract/container.ts";
import type { CheckSpec } from "./lesson.ts";

/** What a check may look at. It asks the engine and the guest directly, never through the learner's shell. */
export interface CheckedMachine {
  readonly engine: Pick<EngineClient, "listContainers" | "listImages">;
  /** Runs a program in the guest, unseen by the learner. */
  run(argv: readonly string[]): Promise<{ readonly status: number; readonly output: string }>;
}

/** A red verdict says what the machine looks like now, and what to do next. Backticks mark code. */
export type Verdict = { readonly kind: "passed" } | { readonly kind: "failed"; readonly hint: string };

interface CheckKind {
  /** Arguments that a lesson has to give, and those that it may. */
  readonly needs: readonly string[];
  readonly takes: readonly string[];
  readonly run: (given: Readonly<Record<string, string>>, machine: CheckedMachine) => Promise<Verdict>;
}

/** Every kind of check, by the name that lessons use. To add one: a row here and a red and a green test. */
export const checkKinds: Readonly<Record<string, CheckKind>> = {
  /** A container was made, whatever became of it. `state`: it must be in that state (created, running, exited …). */
  "container-exists": { needs: [], takes: ["name", "image", "state"], run: containerExists },
  "container-running": { needs: ["name"], takes: ["image"], run: containerRunning },
  "image-present": { needs: ["name"], takes: [], run: imagePresent },
  /** `path` in the machine, or in container `container`, holds `text`. */
  "file-contains": { needs: ["path", "text"], takes: ["container"], run: fileContains },
};

/** Runs one check. Rejects only when the machine could not be asked. */
export function runCheck(check: CheckSpec, machine: CheckedMachine): Promise<Verdict> {
  const row = checkKinds[check.kind];
  if (row === undefined) throw new Error(`no check of kind "${check.kind}"`);
  return row.run(check.arguments, machine);
}

const passed: Verdict = { kind: "passed" };

function failed(hint: string): Verdict {
  return { kind: "failed", hint };
}

async function containerExists(given: Readonly<Record<string, string>>, { engine }: CheckedMachine): Promise<Verdict> {
  const { name, image, state } = given;
  const containers = await engine.listContainers({ all: true });
  const named = containers.filter((one) => name === undefined || nameOf(one) === name);
  const matching = named.filter((one) => image === undefined || sameImage(one.Image, image));
  if (matching.some((one) => state === undefined || one.State === state)) return passed;
  const [found] = matching;
  if (found !== undefined) return failed(`\`${nameOf(found)}\` is ${found.State}; this step wants it ${state}.`);
  const wrong = named.find((one) => name !== undefined && nameOf(one) === name);
  if (wrong !== undefined) return failed(otherImage(wrong, image ?? ""));
  return failed(`${nothingYet(containers.length, name, image)} Type the command, or click it.`);
}

async function containerRunning(given: Readonly<Record<string, string>>, { engine }: CheckedMachine): Promise<Verdict> {
  const { name = "", image } = given;
  const containers = await engine.listContainers({ all: true });
  const found = containers.find((one) => nameOf(one) === name);
  if (found === undefined) return failed(noneCalled(name, image, containers));
  if (image !== undefined && !sameImage(found.Image, image)) return failed(otherImage(found, image));
  if (found.State === "running") return passed;
  if (found.State === "created") return failed(`\`${name}\` was created but not started: \`docker start ${name}\`.`);
  if (found.State === "paused") return failed(`\`${name}\` is paused: \`docker unpause ${name}\`.`);
  return failed(
    `\`${name}\` is not running any more (${found.Status}). \`docker logs ${name}\` shows its last words; ` +
      `\`docker rm ${name}\` makes room for another try.`,
  );
}

async function imagePresent(given: Readonly<Record<string, string>>, { engine }: CheckedMachine): Promise<Verdict> {
  const { name = "" } = given;
  const tags = (await engine.listImages()).flatMap(({ RepoTags: names }) => names);
  if (tags.some((tag) => sameImage(tag, name))) return passed;
  return failed(
    `There is no image \`${name}\` here. \`docker images\` lists ${tags.length === 1 ? "one" : tags.length}.`,
  );
}

async function fileContains(given: Readonly<Record<string, string>>, machine: CheckedMachine): Promise<Verdict> {
  const { path = "", text = "", container } = given;
  const where = container === undefined ? `\`${path}\`` : `\`${path}\` in \`${container}\``;
  const inside = container === undefined ? [] : ["docker", "exec", container];
  const { status, output } = await machine.run([...inside, "cat", path]);
  if (status !== 0) return failed(`${where} cannot be read yet: ${output.trim() || `status ${status}`}`);
  return output.includes(text) ? passed : failed(`${where} does not contain \`${text}\` yet.`);
}

function nameOf(container: ContainerSummary): string {
  return (container.Names[0] ?? container.Id.slice(0, 12)).replace(/^\//, "");
}

/** "busybox" and "busybox:latest" are the same image. */
function sameImage(one: string, other: string): boolean {
  const full = (name: string) => (/:[^/]+$/.test(name) ? name : `${name}:latest`);
  return full(one) === full(other);
}

function noneCalled(name: string, image: string | undefined, containers: readonly ContainerSummary[]): string {
  const nearly = containers.find(
    (one) => one.State === "running" && (image === undefined || sameImage(one.Image, image)),
  );
  if (nearly === undefined) return `No container is called \`${name}\` yet.`;
  return (
    `\`${nameOf(nearly)}\` runs, but this step asks for the name \`${name}\`: ` +
    `\`docker rm -f ${nameOf(nearly)}\`, then run it again with \`--name ${name}\`.`
  );
}

function otherImage(container: ContainerSummary, image: string): string {
  const name = nameOf(container);
  return `\`${name}\` was made from \`${container.Image}\`, not from \`${image}\`. \`docker rm -f ${name}\` and try again.`;
}

function nothingYet(count: number, name: string | undefined, image: string | undefined): string {
  const what = [name === undefined ? "" : ` called \`${name}\``, image === undefined ? "" : ` from \`${image}\``].join(
    "",
  );
  return count === 0 ? "The engine has made no container yet." : `There is no container${what} yet.`;
}
