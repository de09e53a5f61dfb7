import { FakeSys } from "../../../../guest/sys/fake.ts";
import type { SpawnRequest } from "../../../../guest/sys/sys.ts";

/** The machine as its PID 1 finds it: the root is there, nothing is mounted, and the kernel's files are where mounts show them. */
export class FakeMachine extends FakeSys {
  constructor() {
    super();
    this.pid = 1;
    for (const path of ["/bin", "/usr/bin", "/sys/fs/cgroup", "/proc/sys/net/ipv4", "/proc/sys/kernel", "/proc/self"])
      this.mkdirAll(path);
    for (const program of ["/bin/busybox", "/usr/bin/drydock-pipe"]) this.writeFile(program, "", { mode: 0o755 });
    const files = {
      "/etc/hostname": "drydock\n",
      "/dev/null": "",
      "/sys/fs/cgroup/cgroup.controllers": "cpu io memory pids\n",
      "/sys/fs/cgroup/cgroup.subtree_control": "",
      "/proc/sys/net/ipv4/ip_forward": "0",
      "/proc/sys/kernel/printk": "7\t4\t1\t7",
      "/proc/self/oom_score_adj": "0",
    };
    for (const [path, text] of Object.entries(files)) this.writeFile(path, text);
    this.calls.length = 0;
  }

  /** What init waits for has ended when it comes to wait. */
  override spawn(request: SpawnRequest): number {
    const pid = super.spawn(request);
    if (request.argv[0] === "busybox") this.endChild(pid, 0);
    return pid;
  }

  /** Pids of services and others that init has started, in order; 0 when the child was played. */
  names(): readonly string[] {
    return this.spawned.map(({ argv }) => argv[0] ?? "");
  }

  callsOf(...methods: readonly string[]): readonly string[] {
    return this.calls.filter((call) => methods.includes(call.slice(0, call.indexOf("("))));
  }
}
