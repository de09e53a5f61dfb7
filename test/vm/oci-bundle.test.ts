import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchRuntimes, installRuntime, type OciRuntime } from "../support/oci-runtime.ts";
import { bootVm, type Vm } from "../support/vm.ts";

/**
 * What a container can say about itself. The first time it stays, so that its bundle can be looked at; run again on the
 * same root by another runtime it ends.
 */
const PROBE = `
id; hostname; pwd; env | sort
grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max
cut -d" " -f5 /proc/self/mountinfo | grep -v ^/proc/ | sort
grep "open files" /proc/self/limits
touch /etc/readonly-probe 2>&1; touch /data/probe 2>&1; echo 1 2>&1 > /proc/sys/kernel/panic
mount -t tmpfs none /tmp 2>&1
if [ ! -e /tmp/ran ]; then touch /tmp/ran; sleep 100000; fi`;

const OPTIONS = [
  "--hostname box --user 1000:0 --workdir /tmp --env GREETING=hello --memory 48m --pids-limit 60 --cpus 0.5",
  "--ulimit nofile=64:128 --cap-add SYS_NICE --cap-drop NET_RAW --volume /root/volume:/data:ro --tmpfs /scratch",
].join(" ");

const fetched = await fetchRuntimes();
const hint = fetched.kind === "here" ? "" : ` (skipped: Debian's packages cannot be fetched here: ${fetched.reason})`;

let vm: Vm;
let expected = "";

describe.skipIf(fetched.kind === "missing")(`a bundle made by the engine${hint}`, () => {
  beforeAll(async () => {
    vm = await bootVm();
    await vm.put(new TextEncoder().encode(PROBE), "/root/volume/probe.sh");
    const id = (await vm.sh(`docker run -d --name bundled ${OPTIONS} busybox sh /data/probe.sh`)).trim();
    await vm.sh("for i in $(seq 100); do docker logs bundled | grep -q 'mount:' && break; sleep 0.2; done");
    expected = await vm.sh("docker logs bundled");
    await keepBundle(vm, id);
  });

  afterAll(async () => {
    await vm.stop();
  });

  for (const runtime of ["crun", "runc"] satisfies readonly OciRuntime[]) {
    test(`runs unchanged under Debian's ${runtime}, and says the same about itself`, async () => {
      if (fetched.kind === "missing") throw new Error(fetched.reason);
      await installRuntime(vm, fetched.folder, runtime);
      const run = `cd /root/bundle && ${runtime} --root /run/${runtime} run other`;
      const { stdout, stderr, status } = await vm.run(run, { timeout: 100_000 });
      expect(stderr).toBe("");
      expect(stdout).toBe(expected);
      expect(status).toBe(0);
    });
  }

  test("is what the container said", () => {
    expect(expected).toContain("uid=1000 gid=0(root)");
    expect(expected).toContain("GREETING=hello");
    expect(expected).toContain("CapEff:\t0000000000000000");
    expect(expected).toContain("/data");
  });
});

/** The container is stopped; its root is mounted again where config.json says, and its network namespace made anew. */
async function keepBundle(machine: Vm, id: string): Promise<void> {
  const bundle = `/run/docker/runtime/${id}`;
  await machine.sh(`mkdir -p /root/bundle && cp ${bundle}/config.json /root/bundle/`);
  const line = (await machine.sh(`grep " /var/lib/docker/.*merged overlay" /proc/mounts`)).trim();
  const [, merged = "", , options = ""] = line.split(" ");
  await machine.sh("docker stop -t 0 bundled");
  const layers = options
    .split(",")
    .filter((option) => /^(lowerdir|upperdir|workdir)=/.test(option))
    .join(",");
  await machine.sh(`mkdir -p ${merged} && mount -t overlay -o ${layers} overlay ${merged}`);
  const netns = (JSON.parse(await machine.sh("cat /root/bundle/config.json")) as Config).linux.namespaces.find(
    ({ type }) => type === "network",
  )?.path;
  if (netns === undefined) throw new Error("the container has no network namespace of its own");
  await machine.sh(`touch ${netns}; unshare -n sh -c 'mount --bind /proc/self/ns/net ${netns}'`);
}

interface Config {
  readonly linux: { readonly namespaces: readonly { readonly type: string; readonly path?: string }[] };
}
