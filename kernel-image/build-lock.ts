import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const POLL = 200;
/** Nothing that is built under a lock takes this long. */
const LONGEST_BUILD = 60 * 60 * 1000;

/** Runs `work` while no other process does: test workers that all find the machine missing build it once. */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting: (pid: number) => void): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  let told = false;
  while (!(await take(file))) {
    const holder = await readHolder(file);
    if (holder === null || !isAlive(holder)) {
      await rm(file, { force: true });
      continue;
    }
    if (!told) waiting(holder);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** The file is there with its content or not at all: by link(2) of one that is whole. */
async function take(file: string): Promise<boolean> {
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** null: nobody, or somebody whose number has long been given to another. */
async function readHolder(file: string): Promise<number | null> {
  try {
    const { mtimeMs } = await stat(file);
    const pid = Number(await readFile(file, "utf8"));
    return Number.isInteger(pid) && pid > 0 && Date.now() - mtimeMs < LONGEST_BUILD ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
