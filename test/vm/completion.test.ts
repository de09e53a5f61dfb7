/** Tab in the shell of the machine, as a person presses it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestTerminal } from "../support/test-terminal.ts";
import { bootVm, type Vm } from "../support/vm.ts";

const TAB = "\t";
const CTRL_C = "\x03";
/** The end of the line, and everything before it taken away. */
const CLEAR_LINE = "\x05\x15";
const BELL = "\x07";
const LEFT = "\x1b[D";
/** What the line editor ends a line with that it draws anew. */
const END = "\x1b[J";

let vm: Vm;
let terminal: TestTerminal;

beforeAll(async () => {
  vm = await bootVm();
  await vm.sh(
    "docker run -d --name web busybox sleep 1000; docker run -d --name frozen busybox sleep 1000; docker pause frozen; " +
      "docker run --name job busybox true; mkdir /tmp/place; cd /tmp/place; touch settings sessions 'two words'",
  );
  terminal = await vm.terminal();
  await terminal.waitFor("# ");
  await enter("cd /tmp/place");
});
beforeEach(() => terminal.type(CLEAR_LINE));
afterAll(() => vm?.stop());

/** Types, and waits for the line that it becomes; leaves an empty one. */
async function becomes(typed: string, line: string): Promise<void> {
  terminal.clear();
  await terminal.type(typed);
  await terminal.waitFor(`# ${line}${END}`);
  await terminal.type(CLEAR_LINE);
}

/** Types a Tab that changes nothing, and another one. */
async function offersNothing(typed: string): Promise<void> {
  terminal.clear();
  await terminal.type(typed + TAB);
  await terminal.waitFor(BELL);
  await terminal.type(`${TAB}${CLEAR_LINE}echo $((6 * 7))\r`);
  const text = await terminal.waitFor("42\r\n");
  expect(text.slice(0, text.indexOf("echo"))).not.toContain("\r\n");
}

/** Types what cannot be added to, presses Tab twice, and gives the words that come up. */
async function offers(typed: string): Promise<readonly string[]> {
  terminal.clear();
  await terminal.type(typed + TAB);
  await terminal.waitFor(BELL);
  await terminal.type(TAB);
  const text = await terminal.waitFor(new RegExp(`\\r\\n[\\s\\S]*# ${typed}${END.replace("[", "\\[")}`));
  await terminal.type(CLEAR_LINE);
  return (text.slice(text.indexOf("\r\n"), text.lastIndexOf("\r\n")).match(/\S+/g) ?? []).sort();
}

/** A command line that prints nothing. The prompt behind its own echo: one of the line before may still be on its way. */
async function enter(line: string): Promise<void> {
  terminal.clear();
  await terminal.type(`${line}\r`);
  await terminal.waitFor(new RegExp(`${line.replaceAll(/[$()*+.?[\]^{|}\\]/g, "\\$&")}\\r\\n\\S+# $`));
}

describe("the shell asks docker what comes next", () => {
  test("commands, and members of a family", async () => {
    await becomes(`docker ru${TAB}`, "docker run ");
    await becomes(`docker container unp${TAB}`, "docker container unpause ");
    expect(await offers("docker container r")).toEqual(["rename", "restart", "rm", "run"]);
  });

  test("flags", async () => {
    expect(await offers("docker run --memory")).toEqual([
      "--memory",
      "--memory-reservation",
      "--memory-swap",
      "--memory-swappiness",
    ]);
    await becomes(`docker ps --no-t${TAB}`, "docker ps --no-trunc ");
  });

  test("containers, of those that the command is for", async () => {
    expect(await offers("docker rm ")).toEqual(["frozen", "job", "web"]);
    await becomes(`docker exec ${TAB}`, "docker exec web ");
    await becomes(`docker start ${TAB}`, "docker start job ");
    await becomes(`docker unpause ${TAB}`, "docker unpause frozen ");
    await becomes(`docker stop w${TAB}`, "docker stop web ");
    await becomes(`docker rm job web ${TAB}`, "docker rm job web frozen ");
  });

  test("images, and files where a file is meant", async () => {
    await becomes(`docker run --rm bus${TAB}`, "docker run --rm busybox:latest ");
    await becomes(`docker run --env-file set${TAB}`, "docker run --env-file settings ");
    await becomes(`docker cp ./set${TAB}`, "docker cp ./settings ");
    await becomes(`docker cp w${TAB}`, "docker cp web:");
  });

  test("values of flags, also behind an equals sign, and one piece after the other", async () => {
    await becomes(`docker run --pull=al${TAB}`, "docker run --pull=always ");
    await becomes(`docker ps --filter sta${TAB}`, "docker ps --filter status=");
    await becomes(`docker ps --filter status=ru${TAB}`, "docker ps --filter status=running ");
    await becomes(`docker ps --filter=status=ru${TAB}`, "docker ps --filter=status=running ");
  });

  test("where the command does not begin the line", async () => {
    await becomes(`echo docker | docker ru${TAB}`, "echo docker | docker run ");
    await becomes(`true && docker sto${TAB}`, "true && docker stop ");
    await becomes(`for i in 1 2; do docker sto${TAB}`, "for i in 1 2; do docker stop ");
    await becomes(`DOCKER_CONTEXT=default docker sto${TAB}`, "DOCKER_CONTEXT=default docker stop ");
    await becomes(`docker trace --format json ru${TAB}`, "docker trace --format json run ");
  });

  test("behind words with quotes, and in the middle of a line", async () => {
    await becomes(
      `docker run -e "A=1 2" -e 'B;|' -e C\\ D bus${TAB}`,
      `docker run -e "A=1 2" -e 'B;|' -e C\\ D busybox:latest `,
    );
    await becomes(`docker sto web${LEFT.repeat(4)}${TAB}`, "docker stop  web");
  });

  test("in quotes that are still open, which are closed then", async () => {
    await becomes(`docker stop "w${TAB}`, 'docker stop "web" ');
    await becomes(`docker run --pull='al${TAB}`, "docker run --pull='always' ");
  });

  test("what is typed on is not lost", async () => {
    terminal.clear();
    await terminal.type(`docker ins${TAB}-f '{{.State.Status}}' fr${TAB}\r`);
    await terminal.waitFor("paused\r\n");
  });

  test("nothing is offered where nothing fits, and no file either", async () => {
    await offersNothing("docker ps ");
    await offersNothing("docker stop x");
    await offersNothing("docker run --name ");
    await offersNothing("docker stop web --time ");
  });

  test("in the shell's own surroundings: the engine that is meant at the prompt is asked", async () => {
    await enter("export DOCKER_HOST=unix:///run/nobody.sock");
    await offersNothing("docker stop ");
    await enter("unset DOCKER_HOST");
    await becomes(`docker stop w${TAB}`, "docker stop web ");
  });
});

describe("an engine that does not answer", () => {
  test("Ctrl-C gives the prompt back at once, and the terminal is as it was", async () => {
    await vm.sh("kill -STOP $(cat /run/docker.pid)");
    try {
      terminal.clear();
      await terminal.type(`docker stop ${TAB}`);
      await vm.until("pgrep -f __complet[e] > /dev/null");
      await terminal.type(CTRL_C);
      await terminal.waitFor("^C\r\n");
      await terminal.type("stty | cat; echo $((6 * 7))\r");
      expect(await terminal.waitFor("42\r\n")).not.toMatch(/-(icanon|echo|isig)\b/);
      await vm.until("! pgrep -f __complet[e] > /dev/null");
    } finally {
      await vm.sh("kill -CONT $(cat /run/docker.pid)");
    }
    await becomes(`docker stop w${TAB}`, "docker stop web ");
  });

  test("is given up on by itself, without a word", async () => {
    await vm.sh("kill -STOP $(cat /run/docker.pid)");
    try {
      await offersNothing("docker stop ");
    } finally {
      await vm.sh("kill -CONT $(cat /run/docker.pid)");
    }
    await becomes(`docker stop w${TAB}`, "docker stop web ");
  });
});

describe("everything else is completed as before", () => {
  test("commands, files, folders", async () => {
    await becomes(`base64${TAB}`, "base64 ");
    await becomes(`cat set${TAB}`, "cat settings ");
    await becomes(`cd /tmp/pla${TAB}`, "cd /tmp/place/");
    expect(await offers("ls se")).toEqual(["sessions", "settings"]);
    await becomes(`cat two${TAB}`, "cat two\\ words ");
    await becomes(`cat "two w${TAB}`, 'cat "two words" ');
    await becomes(`ls '/tmp/pla${TAB}`, "ls '/tmp/place/");
    await becomes(`docker ps > set${TAB}`, "docker ps > settings ");
    await becomes(`docker ps 2>/dev/null < ses${TAB}`, "docker ps 2>/dev/null < sessions ");
  });

  test("what $COMPLETERS names and is no completer, or is not there, has files", async () => {
    await enter("COMPLETERS='ls nope docker'");
    await becomes(`ls set${TAB}`, "ls settings ");
    await becomes(`nope set${TAB}`, "nope settings ");
    await becomes(`docker ru${TAB}`, "docker run ");
    await enter("unset COMPLETERS");
    await becomes(`docker set${TAB}`, "docker settings ");
  });
});
