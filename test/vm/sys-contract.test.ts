/** The contract of guest/sys on the real kernel: its cases are bundled into a script that the host binary runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBun } from "../../kernel-image/guest-bundle.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const ENTRY = "test/unit/guest/sys/run-contract.ts";
const SCRIPT = "/tmp/contract.js";
/** Ten seconds on a free core. */
const CONTRACT_TIMEOUT = 110_000;

let vm: Vm;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "drydock-contract-"));
  const bundle = join(folder, "contract.js");
  await runBun(["build", ENTRY, "--outfile", bundle, "--format=esm", "--target=browser", "--external=drydock:*"]);
  vm = await bootVm();
  await vm.put(bundle, SCRIPT);
  await rm(folder, { recursive: true });
});

afterAll(() => vm.stop());

test("every case of the contract holds on the machine's kernel", async () => {
  // A signal that is ignored by who started it: one case looks for it.
  const command = `trap '' USR2; exec /usr/bin/drydock --script ${SCRIPT} /tmp/contract`;
  const { stdout, stderr, status } = await vm.run(command, { timeout: CONTRACT_TIMEOUT });
  const lines = stdout.trim().split("\n");
  expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([]);
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(lines.length).toBeGreaterThan(60);
});

test("the host says what is wrong when a script fails, and ends with status 1", async () => {
  await vm.put(new TextEncoder().encode('throw new Error("on purpose");\n'), "/tmp/throws.js");
  const { stderr, status } = await vm.run(["/usr/bin/drydock", "--script", "/tmp/throws.js"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/Error: on purpose[\s\S]*throws\.js:1/);
});

test("a rejection that nobody handles ends the process, one that is handled does not", async () => {
  const script = 'const late = async () => { throw new Error("lost"); };\nlate().catch(() => {});\nlate();\n';
  await vm.put(new TextEncoder().encode(script), "/tmp/rejects.js");
  const { stderr, status } = await vm.run(["/usr/bin/drydock", "--script", "/tmp/rejects.js"]);
  expect(status).toBe(1);
  expect(stderr.match(/Error: lost/g)).toHaveLength(1);
});

test("bytecode made by the host runs and knows its lines", async () => {
  const source = 'import { programArguments } from "drydock:sys";\nprint(programArguments().length);\nnull.field;\n';
  await vm.put(new TextEncoder().encode(source), "/tmp/small.js");
  expect(await vm.sh("drydock --compile /tmp/small.js /tmp/small.qbc")).toBe("");
  const { stdout, stderr, status } = await vm.run("DRYDOCK_BUNDLE=/tmp/small.qbc exec drydock one two");
  expect({ stdout, status }).toEqual({ stdout: "3\n", status: 1 });
  expect(stderr).toContain("small.js:3");
});
