/** Clients that send garbage, half a request, a header without end, or come by the hundred: the engine goes on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { runBun } from "../../kernel-image/guest-bundle.ts";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;
let engine: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "drydock-hostile-"));
  const bundle = join(folder, "hostile.js");
  const entry = "test/vm/hostile-client.ts";
  await runBun(["build", entry, "--outfile", bundle, "--format=esm", "--target=browser", "--external=drydock:*"]);
  vm = await bootVm();
  await vm.put(bundle, "/tmp/hostile.js");
  await rm(folder, { recursive: true });
  // What is lazy is there: from now on it does not count as growth.
  await vm.sh("docker run --rm busybox true; docker ps; docker info; docker events --until 0s");
  engine = await vm.sh("cat /run/docker.pid");
});
afterAll(() => vm?.stop());

afterEach(async () => {
  expect(await vm.sh("cat /run/docker.pid")).toBe(engine);
});

const HOSTILE = "drydock --script /tmp/hostile.js";
/** Half of what a small container takes. */
const MOST_GROWTH = 4096;

/** Kilobytes of the engine's own memory, as the kernel counts them. */
async function memory(): Promise<number> {
  return Number(
    await vm.sh("awk '/^(RssAnon|VmSwap)/ { sum += $2 } END { print sum }' /proc/$(cat /run/docker.pid)/status"),
  );
}

async function descriptors(): Promise<number> {
  return Number(await vm.sh("ls /proc/$(cat /run/docker.pid)/fd | wc -l"));
}

/** What the engine has grown by while `work` went on, once all is over. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = await memory();
  await work();
  await vm.sh("docker ps -q");
  return (await memory()) - before;
}

/** While `count` connections of that kind are held, an ordinary command gets its answer. */
async function besides(mode: string, count: number): Promise<void> {
  const script =
    `mkfifo /tmp/hold; ${HOSTILE} ${mode} ${count} < /tmp/hold > /tmp/there & exec 3> /tmp/hold; ` +
    "for i in $(seq 300); do [ -s /tmp/there ] && break; sleep 0.1; done; cat /tmp/there; " +
    "for i in 1 2 3; do timeout 20 docker ps -q || echo 'no answer'; done; timeout 30 docker run --rm busybox echo ran; " +
    "exec 3>&-; wait; rm /tmp/hold /tmp/there";
  const { stdout } = await vm.run(script, { timeout: 110_000 });
  expect([mode, stdout.replace(/^there: \d+\n/, "")]).toEqual([mode, "ran\n"]);
}

describe("a hostile client", () => {
  test("gets 400 for garbage, 413 for too much of a body, and the engine is as it was", async () => {
    const before = await descriptors();
    expect(await vm.sh(`${HOSTILE} garbage`)).toBe(
      [
        "noise: HTTP/1.1 400 Bad Request",
        "zeroes: HTTP/1.1 400 Bad Request",
        "no method: HTTP/1.1 400 Bad Request",
        "no version: HTTP/1.1 400 Bad Request",
        "another protocol: HTTP/1.1 400 Bad Request",
        "TLS: HTTP/1.1 400 Bad Request",
        "two lengths: HTTP/1.1 400 Bad Request",
        "length and chunks: HTTP/1.1 400 Bad Request",
        "a huge length: HTTP/1.1 413 Content Too Large",
        "a broken chunk: HTTP/1.1 400 Bad Request",
        "no JSON: HTTP/1.1 400 Bad Request",
        "the wrong JSON: HTTP/1.1 400 Bad Request",
        "",
      ].join("\n"),
    );
    await vm.sh("sleep 1.5");
    expect(await descriptors()).toBeLessThanOrEqual(before);
  });

  test("gets 431 for a header without end, however much there would be of it", async () => {
    expect(
      await growth(async () => expect(await vm.sh(`${HOSTILE} flood 1024`)).toMatch(/^HTTP\/1.1 431 /)),
    ).toBeLessThan(MOST_GROWTH);
  });

  test("does not fill the engine with a body in crumbs", async () => {
    const grown = await growth(async () => expect(await vm.sh(`${HOSTILE} crumbs 30`)).toBe("sent\n"));
    expect(grown).toBeLessThan(MOST_GROWTH);
  });

  test.each(["idle", "half", "half-body"])(
    "does not keep others out with 500 connections that are %s",
    async (mode) => {
      const before = await descriptors();
      expect(await growth(() => besides(mode, 500))).toBeLessThan(MOST_GROWTH);
      // The clients are gone; the engine may still be about to hear so.
      await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before + 2);
    },
  );

  test("does not fill the engine by asking for events and not reading them", async () => {
    expect(
      await growth(async () => {
        await vm.run(
          `mkfifo /tmp/hold; ${HOSTILE} deaf 100 < /tmp/hold > /tmp/there & exec 3> /tmp/hold; ` +
            "for i in $(seq 300); do [ -s /tmp/there ] && break; sleep 0.1; done; " +
            "for i in $(seq 20); do docker create --name e$i busybox; docker rm e$i; done; exec 3>&-; wait; rm /tmp/hold /tmp/there",
        );
      }),
    ).toBeLessThan(MOST_GROWTH);
  });
});
