/** A library of other people, written for Docker, drives the engine over TCP. */

import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forwardPort } from "../../kernel-image/headless/forward-port.ts";
import { type Dockerode, loadApiLibrary } from "../support/api-library.ts";
import { freePort } from "../support/free-port.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const library = await loadApiLibrary();
const SKIPPED = library.kind === "missing" ? ` (skipped: ${library.reason})` : "";

describe.skipIf(library.kind === "missing")(`dockerode${SKIPPED}`, () => {
  let vm: Vm;
  let docker: Dockerode;

  beforeAll(async () => {
    vm = await bootVm();
    const port = await freePort();
    await forwardPort(vm.machine, port, { kind: "unix", path: "/run/docker.sock" });
    if (library.kind === "there") docker = library.open({ host: "127.0.0.1", port });
  });
  afterAll(() => vm?.stop());

  /** [standard output, standard error] of a stream in Docker's frames. */
  async function split(stream: NodeJS.ReadableStream): Promise<readonly [string, string]> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(stream, out, err);
    stream.on("end", () => {
      out.end();
      err.end();
    });
    return Promise.all([text(out), text(err)]);
  }

  test("asks who is there", async () => {
    expect(String(await docker.ping())).toBe("OK");
    expect((await docker.version()).ApiVersion).toBe("1.45");
    expect((await docker.info()).Containers).toBe(0);
  });

  test("runs a container and gets output, errors and exit code apart", async () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const output = Promise.all([text(out), text(err)]);
    const command = ["sh", "-c", "echo out; echo err >&2; exit 7"];
    const [result, container] = await docker.run("busybox", command, [out, err], { Tty: false });
    out.end();
    err.end();
    expect(result.StatusCode).toBe(7);
    expect(await output).toEqual(["out\n", "err\n"]);
    expect((await container.inspect()).State.ExitCode).toBe(7);
    await container.remove();
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test("writes to a container that it is attached to", async () => {
    const options = { Image: "busybox", Cmd: ["cat"], OpenStdin: true, StdinOnce: true, AttachStdin: true };
    const container = await docker.createContainer({ ...options, HostConfig: { AutoRemove: true } });
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
    const output = split(stream);
    await container.start();
    const ended = container.wait();
    stream.write("hello\n");
    stream.end();
    expect(await output).toEqual(["hello\n", ""]);
    expect((await ended).StatusCode).toBe(0);
  });

  test("lives with one: list, exec, logs, stats, top, pause, archive, stop, remove", async () => {
    const container = await docker.createContainer({
      name: "web",
      Image: "busybox",
      Cmd: ["sh", "-c", "echo line; exec sleep 1000"],
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
    });
    await container.start();
    expect((await docker.listContainers()).map(({ Names }) => Names[0])).toEqual(["/web"]);

    const exec = await container.exec({ Cmd: ["sh", "-c", "echo in; exit 3"], AttachStdout: true, AttachStderr: true });
    expect(await split(await exec.start({ hijack: true, stdin: false }))).toEqual(["in\n", ""]);
    expect((await exec.inspect()).ExitCode).toBe(3);

    expect((await container.logs({ stdout: true, stderr: true })).subarray(8).toString()).toBe("line\n");
    expect((await container.stats({ stream: false })).memory_stats.usage).toBeGreaterThan(10_000);
    expect((await container.top()).Processes[0]?.at(-1)).toBe("sleep 1000");

    await container.pause();
    expect(await vm.sh("docker ps --format '{{.Status}}'")).toContain("(Paused)");
    await container.unpause();

    const chunks: Buffer[] = [];
    for await (const chunk of await container.getArchive({ path: "/etc/hostname" })) chunks.push(Buffer.from(chunk));
    await container.putArchive(Buffer.concat(chunks), { path: "/tmp" });
    expect(await vm.sh("docker exec web cat /tmp/hostname")).toBe(await vm.sh("docker exec web hostname"));

    await container.stop({ t: 0 });
    expect((await container.wait()).StatusCode).toBe(137);
    expect((await docker.df()).Containers).toHaveLength(1);
    await container.remove();
  });

  test("hears of what happens", async () => {
    const events = await docker.getEvents({ filters: { type: ["container"], event: ["create", "destroy"] } });
    const heard = new Promise<readonly string[]>((resolve) => {
      const actions: string[] = [];
      events.on("data", (chunk: Buffer) => {
        for (const line of chunk.toString().trim().split("\n")) actions.push(JSON.parse(line).Action);
        if (actions.length >= 2) resolve(actions);
      });
    });
    await vm.sh("docker run --rm busybox true");
    expect(await heard).toEqual(["create", "destroy"]);
    (events as NodeJS.ReadableStream & { destroy(): void }).destroy();
  });

  test("is refused in a way that it understands", async () => {
    await expect(docker.getContainer("nobody").start()).rejects.toMatchObject({
      statusCode: 404,
      json: { message: "No such container: nobody" },
    });
    await expect(docker.createContainer({ Image: "nothing-here" })).rejects.toMatchObject({ statusCode: 404 });
  });
});
