import { beforeEach, describe, expect, test } from "vitest";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import { topContainer } from "../../../../../guest/engine/containers/top.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { fakeEngine } from "../fake-store.ts";

const CGROUP = "/sys/fs/cgroup/docker/abc";
const CONTAINER = { id: "abc" } as Container;
/** Eight in the morning of June 1, 2026; the machine has been up an hour. */
const NOW = BigInt(Date.UTC(2026, 5, 1, 8)) * 1_000_000n;

class Machine extends FakeSys {
  override monotonic(): bigint {
    return 3_600_000_000_000n;
  }

  /** A process of the container; `start` and `cpu` in seconds. */
  process(pid: number, given: { name?: string; command?: string; start?: number; cpu?: number; tail?: string }): void {
    const { name = "sh", command = "sh\0-c\0sleep 10\0", start = 0, cpu = 0, tail = "S 1 1 1 0 -1" } = given;
    this.mkdirAll(`/proc/${pid}`);
    const zeros = "0 0 0 0 0";
    const times = `${cpu * 100} 0 0 0`;
    const rest = `20 0 1 0 ${start * 100} 2097152 256`;
    this.writeFile(`/proc/${pid}/stat`, `${pid} (${name}) ${tail} ${zeros} ${times} ${rest} 0`);
    this.writeFile(`/proc/${pid}/status`, `Name:\t${name}\nUid:\t0\t0\t0\t0\n`);
    this.writeFile(`/proc/${pid}/cmdline`, command);
  }
}

let sys: Machine;

beforeEach(() => {
  sys = new Machine();
  sys.setClock(NOW);
  sys.mkdirAll(CGROUP);
  sys.writeFile(`${CGROUP}/cgroup.procs`, "30\n4\n");
  sys.writeFile("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nsomebody-long:x:7:7::/:\n");
  sys.process(4, { cpu: 3661, tail: "S 3 4 4 34816 4" });
  sys.process(30, { name: "a) b", start: 60, tail: "Z 4 4 4 0 -1", command: "" });
});

function rows(psArgs: string): readonly string[] {
  const { Titles, Processes } = topContainer(sys, CONTAINER, psArgs);
  return [Titles, ...Processes].map((row) => row.join("|"));
}

describe("docker top", () => {
  test("shows what ps -ef would, by pid", () => {
    expect(rows("")).toEqual([
      "UID|PID|PPID|C|STIME|TTY|TIME|CMD",
      "root|4|3|99|07:00|pts/0|01:01:01|sh -c sleep 10",
      "root|30|4|0|07:01|?|00:00:00|[a) b] <defunct>",
    ]);
    expect(rows("-ef")).toEqual(rows(""));
  });

  test("shows what ps aux would", () => {
    expect(rows("aux")).toEqual([
      "USER|PID|%CPU|%MEM|VSZ|RSS|TTY|STAT|START|TIME|COMMAND",
      "root|4|101|0.7|2048|1024|pts/0|Ss+|07:00|61:01|sh -c sleep 10",
      "root|30|0.0|0.7|2048|1024|?|Z|07:01|0:00|[a) b] <defunct>",
    ]);
  });

  test.each([
    ["-o pid,comm", "PID|COMMAND"],
    ["-eo pid,etime,args", "PID|ELAPSED|COMMAND"],
    ["o pid", "PID"],
    ["-A -o user -o pid", "USER|PID"],
    ["-e", "PID|TTY|TIME|CMD"],
    ["ax", "PID|TTY|STAT|TIME|COMMAND"],
  ])("%s has the columns %s", (psArgs, titles) => {
    expect(rows(psArgs)[0]).toBe(titles);
  });

  test("a start of another day says the day, of another year the year", () => {
    sys.setClock(BigInt(Date.UTC(2026, 5, 2, 0, 30)) * 1_000_000n);
    expect(rows("-o pid,stime")[1]).toBe("4|Jun01");
    sys.setClock(BigInt(Date.UTC(2026, 0, 1, 0, 30)) * 1_000_000n);
    expect(rows("-o pid,stime")[1]).toBe("4|2025");
  });

  test.each([
    ["-o comm", "Couldn't find PID field in ps output"],
    ["-o pid,nonsense", 'error: unknown user-defined format specifier "nonsense"'],
    ["-o", "error: format specification must follow -o"],
    ["-Z9", "error: unsupported SysV option"],
    ["m", "error: unsupported option (BSD syntax)"],
    ["--forest", "error: unknown gnu long option"],
  ])("%s is refused in the words of ps", (psArgs, message) => {
    expect(() => topContainer(sys, CONTAINER, psArgs)).toThrow(message);
  });

  test("a process that ends meanwhile is left out, one in a cgroup below is not", () => {
    sys.writeFile(`${CGROUP}/cgroup.procs`, "4\n99\n");
    sys.mkdirAll(`${CGROUP}/below`);
    sys.writeFile(`${CGROUP}/below/cgroup.procs`, "30\n");
    expect(rows("-o pid")).toEqual(["PID", "4", "30"]);
  });

  test.skipIf(!hasSwagger)("answers as the specification says", () => {
    const answer = topContainer(sys, CONTAINER, "");
    expect(problemsOf("get", "/containers/{id}/top", 200, answer)).toEqual([]);
  });

  test("refuses a container that does not run", () => {
    const { containers } = fakeEngine();
    const { Id } = containers.create({ Image: "busybox" }, { name: "web", platform: "" });
    expect(() => containers.top("web", "")).toThrow(`container ${Id} is not running`);
  });
});
