import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterEach(() => vm.run("docker rm -f $(docker ps -aq)"));
afterAll(() => vm?.stop());

describe("the docker command", () => {
  test("passes arguments, environment and the exit code between the launcher and the warm process", async () => {
    const result = await vm.run(
      ["docker", "run", "--rm", "-e", "WORD", "busybox", "sh", "-c", 'echo "$WORD"; exit 33'],
      {
        env: ["WORD=two  words"],
      },
    );
    expect(result).toEqual({ stdout: "two  words\n", stderr: "", status: 33 });
  });

  test("works with standard streams that are closed", async () => {
    expect((await vm.run("docker ps <&- >&- 2>&-")).status).toBe(0);
  });

  test("runs by itself while the warm process is not there", async () => {
    const { stdout, status } = await vm.run(
      "mv /run/drydock/cli.sock /run/drydock/aside; docker ps -q; s=$?; mv /run/drydock/aside /run/drydock/cli.sock; exit $s",
    );
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  });

  test("is not held up by another one that takes its time", async () => {
    await vm.sh("docker run -d --name slow busybox sleep 1000");
    await vm.sh("docker wait slow > /tmp/waited & docker ps -q | wc -l");
    await vm.sh("docker kill slow");
    await vm.until("test -s /tmp/waited");
    expect(await vm.sh("cat /tmp/waited")).toBe("137\n");
  });

  test("Ctrl-C reaches the container that it is attached to", async () => {
    const terminal = await vm.terminal();
    await terminal.type(
      "docker run --rm busybox sh -c 'trap \"echo caught; exit 4\" INT; echo ready; while :; do sleep 0.1; done'\n",
    );
    await terminal.waitFor("ready\r\n");
    await terminal.type("\x03");
    await terminal.waitFor("caught");
    await terminal.type("echo status=$?\n");
    await terminal.waitFor("status=4");
    terminal.close();
  });

  test("Ctrl-Z stops it and fg goes on", async () => {
    const terminal = await vm.terminal();
    await terminal.type(
      "docker run --rm --name clock busybox sh -c 'i=0; while [ $i -lt 1000 ]; do echo tick $i; i=$((i+1)); sleep 0.1; done'\n",
    );
    await terminal.waitFor("tick 3");
    await terminal.type("\x1a");
    await terminal.waitFor("Stopped");
    await terminal.type("echo the$((1+1))shell\n");
    await terminal.waitFor("the2shell");
    await new Promise((resolve) => setTimeout(resolve, 500));
    terminal.clear();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(terminal.text).not.toContain("tick");
    await terminal.type("fg\n");
    await terminal.waitFor("tick");
    await terminal.type("\x03");
    await vm.run("docker kill clock");
    terminal.close();
  });

  test("ends when its launcher is killed", async () => {
    await vm.sh("docker events > /dev/null & echo $! > /tmp/launcher");
    const commands = "$(pidof docker | wc -w)";
    const running = Number(await vm.sh(`sleep 0.5; echo ${commands}`));
    await vm.sh("kill -9 $(cat /tmp/launcher)");
    await vm.until(`test ${commands} -le ${running - 2}`);
  });
});
