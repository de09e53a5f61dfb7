import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, rmdir, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "../../../kernel-image/build-lock.ts";

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  lock = join(folder, "lock");
});

afterEach(() => rm(folder, { recursive: true }));

/** `count` at once ask for the lock; gives how many were inside together at most. */
async function crowd(count: number): Promise<number> {
  let inside = 0;
  let together = 0;
  const work = async (): Promise<void> => {
    together = Math.max(together, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inside--;
  };
  await Promise.all(Array.from({ length: count }, () => withLock(lock, work, () => undefined)));
  return together;
}

async function nothing(): Promise<void> {}

/** The number of a process that has just ended. */
function deadProcess(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("one at a time is inside, and nothing is left behind", async () => {
  expect(await crowd(4)).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("who has to wait is told once for whom", async () => {
  await writeFile(lock, String(process.pid));
  const told: number[] = [];
  const waiting = withLock(lock, nothing, (pid) => told.push(pid));
  await expect.poll(() => told).toEqual([process.pid]);
  // Longer than it takes to look again.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await rm(lock);
  await waiting;
  expect(told).toEqual([process.pid]);
});

test("a dead process's lock is taken away", async () => {
  await writeFile(lock, String(deadProcess()));
  expect(await crowd(3)).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("while one process takes a dead one's lock away, the others keep their hands off what it gets", async () => {
  await writeFile(lock, String(deadProcess()));
  await mkdir(`${lock}.breaking`);
  const told: number[] = [];
  const entered: string[] = [];
  const waiting = withLock(
    lock,
    async () => entered.push("me"),
    (pid) => told.push(pid),
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(entered).toEqual([]);
  await writeFile(lock, String(process.pid));
  await rmdir(`${lock}.breaking`);
  await expect.poll(() => told).toEqual([process.pid]);
  expect(entered).toEqual([]);
  await rm(lock);
  await waiting;
  expect(entered).toEqual(["me"]);
});

test("whoever died while taking a lock away does not hold up the others for ever", async () => {
  await writeFile(lock, String(deadProcess()));
  await mkdir(`${lock}.breaking`);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(`${lock}.breaking`, longAgo, longAgo);
  expect(await crowd(2)).toBe(1);
});

test("work that fails gives the lock back", async () => {
  const fails = async (): Promise<never> => {
    throw new Error("no luck");
  };
  await expect(withLock(lock, fails, () => undefined)).rejects.toThrow("no luck");
  expect(
    await withLock(
      lock,
      async () => "mine",
      () => undefined,
    ),
  ).toBe("mine");
});
