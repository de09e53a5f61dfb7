import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../kernel-image/paths.ts";

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

function start(port: string, until?: RegExp): Promise<Outcome> {
  return run("web/serve/start.ts", { PORT: port }, until);
}

/** Runs a program of the project, until it ends or, with `until`, has said that. */
function run(program: string, env: Readonly<Record<string, string>>, until?: RegExp): Promise<Outcome> {
  const child = spawn(process.execPath, ["--import", "tsx", program], { cwd: ROOT, env: { ...process.env, ...env } });
  let output = "";
  return new Promise((resolve) => {
    const read = (data: Buffer) => {
      output += data.toString();
      if (until?.test(output)) child.kill();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("close", (status) => resolve({ status, output }));
  });
}

describe("npm start", () => {
  const blocker = createServer();
  let taken = 0;

  beforeAll(async () => {
    await new Promise<void>((resolve) => blocker.listen(0, "127.0.0.1", resolve));
    taken = (blocker.address() as AddressInfo).port;
  });

  afterAll(() => blocker.close());

  test("a taken port is one clear line that says what to do", async () => {
    const { status, output } = await start(String(taken));
    expect(status).toBe(1);
    expect(output.trim()).toBe(
      `Port ${taken} on 127.0.0.1 is taken by another program. Choose another: PORT=${taken + 1} npm start`,
    );
  });

  test("a PORT that is none is refused", async () => {
    const { status, output } = await start("eighty");
    expect(status).toBe(1);
    expect(output.trim()).toMatch(/^PORT=eighty is not a port number\. .*PORT=8081 npm start$/);
  });

  test("with everything built it prints its one URL within five seconds", async () => {
    const port = taken === 65_535 ? taken - 1 : taken + 1;
    await start(String(port), /http:/);
    const began = performance.now();
    const { output } = await start(String(port), /http:/);
    expect(output.match(/http:\/\/\S+/g)).toEqual([`http://127.0.0.1:${port}/`]);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("npm run build", () => {
  const record = join(ROOT, "build/stages/page.json");

  test("twice at once bundles the page once, and dist/ is whole when either says so", async () => {
    await rm(record, { force: true });
    const build = async (): Promise<Outcome & { readonly missing: readonly string[] }> => {
      const outcome = await run("web/serve/build.ts", {});
      return { ...outcome, missing: await missingFiles() };
    };
    const builds = await Promise.all([build(), build()]);
    expect(builds.map(({ status, missing }) => ({ status, missing }))).toEqual([
      { status: 0, missing: [] },
      { status: 0, missing: [] },
    ]);
    const output = builds.map((each) => each.output).join("");
    expect(output.match(/page: bundling the page …/g)).toHaveLength(1);
  });

  async function missingFiles(): Promise<readonly string[]> {
    const { outputs } = JSON.parse(await readFile(record, "utf8")) as { readonly outputs: Record<string, string> };
    const files = Object.keys(outputs);
    expect(files).toContain("dist/index.html");
    return files.filter((file) => !existsSync(join(ROOT, file)));
  }
});
