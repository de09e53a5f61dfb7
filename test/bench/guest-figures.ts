/**
 * The figures of the machine, headless under node. What a command costs is timed inside the guest by `drydock-time`
 * (CLOCK_MONOTONIC around vfork, exec and wait): neither the pipe nor node is in the figure. Commands that are compared
 * take turns, all of them warm: the machine under us and the emulator's compiler then treat them alike.
 */
import { bootVm, type Vm } from "../support/vm.ts";
import { installCrun } from "./crun.ts";
import type { Figure, Figures } from "./figure.ts";

/** Samples of a command in one round, and rounds. A hundred: on a shared machine the middle of thirty moves by a third. */
const COUNT = 5;
const ROUNDS = 20;
/**
 * Each runs so often and so long (milliseconds) beforehand, until the emulator has compiled what it runs through, and the
 * browser's or node's compiler has compiled that once more.
 */
const WARMUP = 50;
const WARMUP_TIME = 6000;
/** A `.first` figure needs a restored machine for each sample. */
const RESTORES = 7;
const IDLE_SECONDS = 10;

const RUN = ["docker", "run", "--rm", "busybox", "echo", "hi"];
const PS = ["docker", "ps"];
const FLOOR = ["/bin/busybox", "true"];

export async function measureGuest(figures: Figures, say: (text: string) => void): Promise<void> {
  await measureFirsts(figures, say);
  const vm = await bootVm({ memoryMegabytes: 256 });
  try {
    await measureCommands(vm, figures, say);
    await measureLogs(vm, figures, say);
    await measureEngine(vm, figures, say);
    await measureMany(vm, figures, say);
  } finally {
    await vm.stop();
  }
}

async function measureFirsts(figures: Figures, say: (text: string) => void): Promise<void> {
  const restore: number[] = [];
  const run: number[] = [];
  const ps: number[] = [];
  for (let index = 0; index < RESTORES; index += 1) {
    say(`restore ${index + 1} of ${RESTORES}`);
    restore.push(await withFreshVm((vm) => firstOf(vm, RUN), run));
    restore.push(await withFreshVm((vm) => firstOf(vm, PS), ps));
  }
  figures.set("vm.restore", { unit: "ms", samples: restore });
  figures.set("run.docker.first", { unit: "ms", samples: run });
  figures.set("ps.docker.first", { unit: "ms", samples: ps });
}

/** Gives the milliseconds from a stopped machine to one that answered a command. */
async function withFreshVm(measure: (vm: Vm) => Promise<number>, into: number[]): Promise<number> {
  const started = performance.now();
  const vm = await bootVm();
  const restored = performance.now() - started;
  try {
    into.push(await measure(vm));
  } finally {
    await vm.stop();
  }
  return restored;
}

async function firstOf(vm: Vm, command: readonly string[]): Promise<number> {
  const { samples } = await time(vm, ["--warmup", "0", "--count", "1"], command);
  const [first] = samples;
  if (first === undefined) throw new Error(`${command.join(" ")}: no sample`);
  return first;
}

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly options?: readonly string[];
}

async function measureCommands(vm: Vm, figures: Figures, say: (text: string) => void): Promise<void> {
  await takeTurns(vm, figures, say, [
    { name: "fork.floor", command: FLOOR },
    { name: "ps.docker", command: PS },
  ]);
  // By itself: the kernel takes its namespaces apart behind the back of whoever comes next.
  const floor = { name: "run.floor", command: ["/bin/busybox", "echo", "hi"], options: ["--floor"] };
  await takeTurns(vm, figures, say, [floor]);
  await vm.sh("docker run -d --name bench-exec busybox sleep 100000");
  const contenders: Contender[] = [
    { name: "run.docker", command: RUN },
    { name: "exec.docker", command: ["docker", "exec", "bench-exec", "echo", "hi"] },
  ];
  const crun = await installCrun(vm);
  if (crun.kind === "missing") figures.set("run.crun", { missing: crun.reason });
  else contenders.push({ name: "run.crun", command: crun.command });
  await takeTurns(vm, figures, say, contenders);
  await vm.sh("docker ps -aq | xargs -r docker rm -f");
}

async function takeTurns(
  vm: Vm,
  figures: Figures,
  say: (text: string) => void,
  contenders: readonly Contender[],
): Promise<void> {
  say(contenders.map(({ name }) => name).join(", "));
  const turn = ({ command, options = [] }: Contender, count: number) =>
    time(vm, ["--warmup", "0", "--count", String(count), ...options], command);
  for (const contender of contenders) {
    for (const end = performance.now() + WARMUP_TIME; performance.now() < end; ) await turn(contender, WARMUP);
  }
  const samples = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      const known = samples.get(contender.name) ?? [];
      samples.set(contender.name, [...known, ...(await turn(contender, COUNT)).samples]);
    }
  }
  for (const [name, all] of samples) figures.set(name, { unit: "ms", samples: all });
}

async function measureEngine(vm: Vm, figures: Figures, say: (text: string) => void): Promise<void> {
  say("engine.rss, engine.idle");
  const status = await vm.sh("cat /proc/$(pidof dockerd)/status");
  const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  if (rss === undefined) throw new Error(`no VmRSS in the engine's status:\n${status}`);
  figures.set("engine.rss", { unit: "MB", samples: [Number(rss) / 1024] });
  const before = await engineTicks(vm);
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  const after = await engineTicks(vm);
  const share = (100 * (after.ticks - before.ticks)) / (100 * (after.uptime - before.uptime));
  figures.set("engine.idle", { unit: "%", samples: [share] });
}

/** CPU time of the engine's processes in clock ticks (100 a second, proc(5) stat fields 14 and 15), and the uptime. */
async function engineTicks(vm: Vm): Promise<{ readonly ticks: number; readonly uptime: number }> {
  const [uptime = "", ...stats] = (
    await vm.sh("cat /proc/uptime; for p in $(pidof dockerd) $(pidof docker); do cat /proc/$p/stat; done")
  )
    .trim()
    .split("\n");
  const ticks = stats.map((line) => line.slice(line.lastIndexOf(")") + 2).split(" "));
  return {
    ticks: ticks.reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0),
    uptime: Number(uptime.split(" ")[0]),
  };
}

/** `docker logs` of a megabyte, in lines as programs write them. */
async function measureLogs(vm: Vm, figures: Figures, say: (text: string) => void): Promise<void> {
  say("logs.docker");
  const lines = "yes 'GET /index.html HTTP/1.1 200 512 0.003s' | head -c 1048576";
  await vm.sh(`docker run --name bench-logs busybox sh -c "${lines}" >/dev/null`);
  const { samples } = await time(vm, ["--warmup", "3", "--count", "9"], ["docker", "logs", "bench-logs"]);
  figures.set("logs.docker", { unit: "MB/s", samples: samples.map((milliseconds) => 1000 / milliseconds) });
  await vm.sh("docker rm bench-logs");
}

/** A hundred idle containers at once in 256 MB: what each start, each listing and each container costs. */
async function measureMany(vm: Vm, figures: Figures, say: (text: string) => void): Promise<void> {
  say("run.scale, ps.docker.50, containers.alive, container.memory");
  const before = await availableMemory(vm);
  const starts = await startIdle(vm, 50);
  const middle = (part: readonly number[]) => [...part].sort((a, b) => a - b)[2] ?? Number.NaN;
  figures.set("run.scale", { unit: "ratio", samples: [middle(starts.slice(-5)) / middle(starts.slice(0, 5))] });
  // A floor of its own: minutes have gone by since the other one.
  await takeTurns(vm, figures, say, [
    { name: "fork.floor.50", command: FLOOR },
    { name: "ps.docker.50", command: PS },
  ]);
  await startIdle(vm, 50);
  const alive = (await vm.sh("docker ps -q")).trim().split("\n").length;
  figures.set("containers.alive", { unit: "count", samples: [alive] });
  const each = (before - (await availableMemory(vm))) / alive;
  figures.set("container.memory", { unit: "kB", samples: [each - (await ownMemory(vm))] });
  await vm.sh("docker rm -f $(docker ps -aq)", { timeout: 240_000 });
}

async function startIdle(vm: Vm, count: number): Promise<readonly number[]> {
  const command = ["docker", "run", "-d", "busybox", "sleep", "100000"];
  return (await time(vm, ["--warmup", "0", "--count", String(count)], command)).samples;
}

/** kB; what is only cached is given back first. */
async function availableMemory(vm: Vm): Promise<number> {
  const text = await vm.sh("sync; echo 3 > /proc/sys/vm/drop_caches; cat /proc/meminfo");
  const found = /MemAvailable:\s+(\d+) kB/.exec(text)?.[1];
  if (found === undefined) throw new Error(`no MemAvailable in /proc/meminfo:\n${text}`);
  return Number(found);
}

/** kB that the process of an idle container would cost without a container: what it has to itself. */
async function ownMemory(vm: Vm): Promise<number> {
  const text = await vm.sh("cat /proc/$(docker inspect -f '{{.State.Pid}}' $(docker ps -lq))/status");
  const size = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? Number.NaN);
  return size("RssAnon") + size("VmPTE");
}

interface Timing {
  readonly samples: readonly number[];
  readonly failures: number;
}

async function time(vm: Vm, options: readonly string[], command: readonly string[]): Promise<Figure> {
  const { stdout, stderr, status } = await vm.run(["drydock-time", ...options, "--", ...command], { timeout: 300_000 });
  if (status !== 0) throw new Error(`drydock-time ${command.join(" ")}: status ${status}\n${stderr}`);
  const timing: Timing = JSON.parse(stdout);
  // A figure of a command that fails is a figure of nothing.
  if (timing.failures > 0) throw new Error(`${command.join(" ")} failed ${timing.failures} times`);
  return { unit: "ms", samples: timing.samples.map((nanoseconds) => nanoseconds / 1e6) };
}
