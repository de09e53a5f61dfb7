import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const POLL = 200;
/** Nothing that is built under a lock takes this long. */
const LONGEST_BUILD = 60 * 60 * 1000;
/** Taking away a dead process's lock takes milliseconds. */
const LONGEST_BREAK = 10_000;

/** Runs `work` while no other process does: test workers that all find the machine missing build it once. */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting: (pid: number) => void): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await take(file))) {
    const holder = await readHolder(file);
    if (holder === "nobody") continue;
    if (holder === "dead") {
      await breakLock(file);
      continue;
    }
    if (!told) waiting(holder);
    told = true;
    await pause();
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** The file is there with its content or not at all: by link(2) of one that is whole. */
async function take(file: string): Promise<boolean> {
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** The process that has the lock. "dead": it is no more, or its number has long been given to another. */
async function readHolder(file: string): Promise<number | "dead" | "nobody"> {
  try {
    const { mtimeMs } = await stat(file);
    const pid = Number(await readFile(file, "utf8"));
    const plausible = Number.isInteger(pid) && pid > 0 && Date.now() - mtimeMs < LONGEST_BUILD;
    return plausible && isAlive(pid) ? pid : "dead";
  } catch (error) {
    if (hasCode(error, "ENOENT")) return "nobody";
    throw error;
  }
}

/**
 * Takes a dead process's lock away, one process at a time: of two that found it dead, the slower would otherwise take
 * away the lock that the faster has got meanwhile.
 */
async function breakLock(file: string): Promise<void> {
  const folder = `${file}.breaking`;
  try {
    await mkdir(folder);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    await pause();
    await removeAbandoned(folder);
    return;
  }
  try {
    if ((await readHolder(file)) === "dead") await rm(file, { force: true });
  } finally {
    await rmdir(folder);
  }
}

/** Whoever made it was killed in the middle. */
async function removeAbandoned(folder: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > LONGEST_BREAK) await rmdir(folder);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL));
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}
