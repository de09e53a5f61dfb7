import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});

afterAll(async () => {
  await vm.stop();
});

/**
 * CVE-2019-5736: the program to be executed is a script whose interpreter is /proc/self/exe. At that moment this is still
 * the program that enters the container: the machine's. Root in the container runs it, and may try what it likes on it.
 */
describe("the machine's program, run from inside by way of /proc/self/exe,", () => {
  const REFUSED = [-26, -30]; // ETXTBSY, EROFS
  const file = "sha256sum /usr/bin/drydock; stat -c '%a %u %g %s %Y' /usr/bin/drydock";
  let before = "";

  beforeAll(async () => {
    await vm.put(new TextEncoder().encode(OVERWRITE), "/root/overwrite", { mode: 0o755 });
    // One of their own: the others are full of processes that a test has left running.
    await vm.sh("docker run -d --name entered -v /usr/bin/drydock:/probe:ro busybox sleep 1000");
    await vm.sh("docker exec -i entered sh -c 'cat > /tmp/overwrite; chmod 755 /tmp/overwrite' < /root/overwrite");
    before = await vm.sh(file);
  });
  afterAll(() => vm.run("docker rm -f entered tracer"));

  const attack = async (command: string): Promise<void> => {
    const { link, reads, attempts } = JSON.parse(await vm.sh(command)) as Overwrite;
    // So it was ours that ran and was attacked, and its file was in reach: not a copy, and not nothing.
    expect(link).toMatch(/\/drydock$/);
    expect(reads).toBe("\u007fELF");
    expect(Object.keys(attempts)).toHaveLength(8);
    for (const [name, result] of Object.entries(attempts))
      expect([name, REFUSED]).toEqual([name, expect.arrayContaining([result])]);
    expect(await vm.sh(file)).toBe(before);
    expect(await vm.sh("docker run --rm busybox echo fine")).toBe("fine\n");
  };

  test("cannot be changed by the first process", () =>
    attack("docker run --rm -v /root/overwrite:/overwrite:ro busybox /overwrite"));

  test("under --init it is the reaper, which runs nothing that it is given and cannot be changed either", async () => {
    const tools = "sha256sum /usr/bin/drydock-tools; stat -c '%a %u %g %s %Y' /usr/bin/drydock-tools";
    const untouched = await vm.sh(tools);
    const script = await vm.run([
      "docker",
      "run",
      "--rm",
      "--init",
      "-v",
      "/root/overwrite:/overwrite:ro",
      "busybox",
      "/overwrite",
    ]);
    expect(script).toMatchObject({ status: 127, stderr: "exe: there is no such program\n" });
    const tries = ["chmod 4777 /proc/1/exe", "chown 1:1 /proc/1/exe", "echo x >> /proc/1/exe"];
    for (const command of tries) {
      const { status, stderr } = await vm.run(["docker", "run", "--rm", "--init", "busybox", "sh", "-c", command]);
      expect([command, status]).toEqual([command, 1]);
      expect(stderr).toMatch(/Read-only file system|Text file busy/);
    }
    expect(await vm.sh(tools)).toBe(untouched);
  });

  test("cannot be changed by an exec", () => attack("docker exec entered /tmp/overwrite"));

  /** "found", as often as another process of the container sees our file behind /proc/PID/exe of one who is entering. */
  const watchEntering = async (container: string): Promise<string> => {
    // All of it is built into the shell: the moment is shorter than a fork.
    const watch =
      "while [ ! -e /tmp/enough ]; do for p in /proc/[0-9]*; do " +
      "if [ $p/exe -ef /probe ]; then echo x >> $p/exe; echo found; fi; done; done";
    await vm.run(["docker", "exec", "-d", container, "sh", "-c", `(${watch}) > /tmp/seen 2>&1`]);
    await vm.sh(
      `for i in $(seq 20); do docker exec ${container} true; done; docker exec ${container} touch /tmp/enough`,
    );
    return vm.sh(`docker exec ${container} cat /tmp/seen`);
  };

  test("is out of reach of another process while somebody is entering", async () => {
    expect(await watchEntering("entered")).toBe("");
    expect(await vm.sh(file)).toBe(before);
  });

  test("is found by one that may trace others, and cannot be changed by it either", async () => {
    await vm.sh("docker run -d --name tracer --cap-add SYS_PTRACE -v /usr/bin/drydock:/probe:ro busybox sleep 1000");
    const seen = await watchEntering("tracer");
    expect(seen).toContain("found");
    expect(await vm.sh(file)).toBe(before);
  });
});

interface Overwrite {
  readonly link: string;
  readonly reads: string;
  readonly attempts: Readonly<Record<string, number>>;
}

const OVERWRITE = `#!/proc/self/exe --script
import * as native from "drydock:sys";
const HERE = -100;
const self = "/proc/self/exe";
const fd = native.openat(HERE, self, 0, 0);
const attempts = {
  write: native.openat(HERE, self, 1, 0),
  truncate: native.openat(HERE, self, 513, 0),
  writeByDescriptor: native.openat(HERE, "/proc/self/fd/" + fd, 1, 0),
  writeFile: native.writeFile(self, "mine", 0o755, false),
  chmod: native.chmod(self, 0o4777),
  chown: native.chown(self, 1, 1),
  setxattr: native.setxattr(self, "user.mine", new Uint8Array([1])),
  utimens: native.utimens(self, 0n, 0n),
};
const reads = native.utf8Decode(native.read(fd, 4), 0, -1);
print(JSON.stringify({ link: native.readlink(self), reads, attempts }));
`;
