/** Docker's own client, where there is one, at our engine: what it asks is answered, what it prints is what ours prints. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { DOCKER, type DockerClient, dockerClient, NO_DOCKER } from "../support/docker-client.ts";
import { bootVm, type RunResult, type Vm } from "../support/vm.ts";

function refusal(message: string): RunResult {
  return { stdout: "", stderr: `${message}\n`, status: 1 };
}

/** The client may have begun to pack what it then does not send, and its packer sometimes complains of that. */
function withoutLog(result: RunResult): RunResult {
  return { ...result, stderr: result.stderr.replace(/^time="[^"]*" level=error msg="Can't .*closed pipe"\n/gm, "") };
}

function printed(stdout: string): RunResult {
  return { stdout, stderr: "", status: 0 };
}

describe.skipIf(DOCKER === null)(`the real docker client${NO_DOCKER}`, () => {
  let vm: Vm;
  let client: DockerClient;

  beforeAll(async () => {
    vm = await bootVm();
    client = await dockerClient(vm);
  });

  afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
  afterAll(() => vm?.stop());

  function real(...argv: readonly string[]): Promise<RunResult> {
    return client.run(argv);
  }

  test("runs a container and gets its output and code", async () => {
    const result = await real("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
    expect((await real("run", "--rm", "busybox", "nope")).status).toBe(127);
  });

  test("starts, lists, enters, reads, stops and removes one", async () => {
    const { stdout: id } = await real(
      "run",
      "-d",
      "--name",
      "web",
      "busybox",
      "sh",
      "-c",
      "echo up; exec httpd -f -h /www",
    );
    expect(id).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await real("exec", "web", "cat", "/proc/1/comm")).toEqual(printed("httpd\n"));
    expect(await real("logs", "web")).toEqual(printed("up\n"));
    expect(await real("stop", "-t", "1", "web")).toEqual(printed("web\n"));
    expect(await real("rm", "web")).toEqual(printed("web\n"));
  });

  test("copies files both ways, of what runs and what does not", async () => {
    const folder = await mkdtemp(join(tmpdir(), "drydock-cp-"));
    await writeFile(join(folder, "file"), "x".repeat(100_000));
    await vm.sh("docker run -d --name web busybox httpd -f -h /www; docker create --name idle busybox");
    for (const name of ["web", "idle"]) {
      expect(await real("cp", "-q", folder, `${name}:/copied`)).toEqual(printed(""));
      expect(await real("cp", "-q", `${name}:/copied/.`, join(folder, name))).toEqual(printed(""));
      expect(await readFile(join(folder, name, "file"), "utf8")).toBe("x".repeat(100_000));
      expect(withoutLog(await real("cp", "/etc/hostname", `${name}:/no/such/`))).toEqual(refusal("no such directory"));
      expect(await real("cp", `${name}:/gone`, folder)).toEqual(
        refusal(`Error response from daemon: Could not find the file /gone in container ${name}`),
      );
    }
    await rm(folder, { recursive: true });
  });

  test("sees what is restarted, what is healthy and what was discarded", async () => {
    const limits = ["--memory-swappiness", "5", "-m", "16m"];
    const created = await real("create", "--name", "job", "--restart", "on-failure:2", ...limits, "busybox", "false");
    expect(created.stderr).toBe(
      "WARNING: Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. " +
        "Memory swappiness discarded.\n",
    );
    await real("start", "job");
    await vm.sh("for i in $(seq 100); do docker ps -aq --filter status=exited | grep -q . && exit; sleep 0.1; done");
    expect(await real("inspect", "-f", "{{.RestartCount}} {{.State.Restarting}}", "job")).toEqual(printed("2 false\n"));
    const check = ["--health-cmd", "true", "--health-interval", "300ms"];
    await real("run", "-d", "--name", "web", ...check, "busybox", "sleep", "1000");
    await vm.sh("for i in $(seq 100); do docker ps -q --filter health=healthy | grep -q . && exit; sleep 0.1; done");
    const status = ["--filter", "health=healthy", "--format", "{{.Status}}"];
    expect((await real("ps", ...status)).stdout).toMatch(/^Up .* \(healthy\)\n$/);
    expect(await real("inspect", "-f", "{{.State.Health.FailingStreak}}", "web")).toEqual(printed("0\n"));
    expect(await real("update", "--restart", "always", "web")).toEqual(printed("web\n"));
  });

  test("reads a log of several files", async () => {
    const options = ["--log-driver", "local", "--log-opt", "max-size=10k", "--log-opt", "max-file=3"];
    await real("run", "--name", "web", ...options, "busybox", "seq", "1000");
    expect((await real("logs", "web")).stdout).toMatch(/\n999\n1000\n$/);
    expect(await real("logs", "--tail", "2", "web")).toEqual(printed("999\n1000\n"));
  });

  test("prunes, and is told what there was to prune", async () => {
    await vm.sh("docker run -d --name web busybox sleep 1000; docker run --name job busybox true");
    const { stdout, stderr, status } = await real("system", "prune", "-f", "--volumes");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toMatch(/^Deleted Containers:\n[0-9a-f]{64}\n\nTotal reclaimed space: \S+B\n$/);
    expect(await vm.sh("docker ps -a --format '{{.Names}}'")).toBe("web\n");
  });

  test("prints what ours prints", async () => {
    await vm.sh("docker run -d --name web busybox httpd -f -h /www");
    await vm.run("docker run --name job busybox sh -c 'exit 3'");
    const lines: readonly (readonly string[])[] = [
      ["ps", "-a", "--format", "table {{.ID}}\t{{.Names}}\t{{.Image}}\t{{.Command}}\t{{.State}}"],
      ["images", "-q", "--no-trunc"],
      ["inspect", "-f", "{{.State.ExitCode}} {{json .Config.Cmd}}", "job"],
      ["logs", "job"],
      ["system", "df"],
      ["system", "df", "-v"],
      ["stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}} {{.BlockIO}}", "web"],
    ];
    const ageless = (result: RunResult): RunResult => {
      const hide = (number: string): string => "#".repeat(number.length);
      return { ...result, stdout: result.stdout.replace(/\d+(?= seconds)/g, hide) };
    };
    const same = async (line: readonly string[]): Promise<void> =>
      expect(ageless(await real(...line))).toEqual(ageless(await vm.run(["docker", ...line])));
    // An age may get another width, or another word, between the two.
    for (const line of lines) await vi.waitFor(() => same(line), { timeout: 30_000 });
  });
});
