/** Promises that only a kernel can keep: processes, namespaces, bulk bytes. Run on the real implementation only. */
import {
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUTS,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  SEEK_SET,
  SIGKILL,
  SIGUSR1,
} from "../../../../guest/sys/constants.ts";
import type { LinuxSys } from "../../../../guest/sys/linux.ts";
import { equal, fromChild, type RealCase, refuses } from "./real-case.ts";

/** Kilobytes of this process's memory. */
function residentMemory(sys: LinuxSys): number {
  return Number(/VmRSS:\s+(\d+)/.exec(sys.readFile("/proc/self/status"))?.[1]);
}

export const realContract: readonly RealCase[] = [
  {
    name: "fork goes on in both processes",
    run(sys) {
      const parent = sys.getpid();
      const [reader, writer] = sys.pipe();
      const pid = sys.fork();
      if (pid === 0) {
        sys.write(writer, sys.utf8Encode(`${sys.getppid() === parent} ${sys.getpid() !== parent}`));
        sys.exit(0);
      }
      equal(sys.utf8Decode(sys.read(reader, 100)), "true true");
      sys.waitpid(pid, 0);
      sys.close(reader);
      sys.close(writer);
    },
  },
  {
    name: "a child of vfork becomes its program with the descriptors that are left open",
    run(sys) {
      const [reader, writer] = sys.pipe();
      const pid = sys.vfork(() => {
        sys.dup2(writer, 1);
        sys.setSignalMask([]);
        return sys.program("/bin/sh", ["sh", "-c", "echo $WORD $PPID; exit 7"], ["WORD=hello"]);
      });
      equal(sys.waitpid(pid, 0), { pid, code: 7, signal: null });
      equal(sys.utf8Decode(sys.read(reader, 100)), `hello ${sys.getpid()}\n`);
      sys.close(reader);
      sys.close(writer);
    },
  },
  {
    name: "an execve that fails in a child of vfork is thrown, or is the child's to answer",
    run(sys, directory) {
      refuses("ENOENT", () => sys.vfork(() => sys.program(`${directory}/nothing`, [], [])));
      let told = "";
      const pid = sys.vfork(() =>
        sys.program(`${directory}/nothing`, [], [], ({ code }) => {
          told = code;
          return 9;
        }),
      );
      equal(sys.waitpid(pid, 0), { pid, code: 9, signal: null });
      equal(told, "ENOENT");
      refuses("ECHILD", () => sys.waitpid(-1, 0));
    },
  },
  {
    name: "a child of vfork makes children of its own, and a refusal comes up through both",
    run(sys) {
      const seen: number[] = [];
      refuses("EISDIR", () =>
        sys.vfork(() => {
          seen.push(sys.getppid());
          sys.vfork(() => {
            seen.push(sys.getppid());
            sys.readFile("/");
            return null;
          });
          return null;
        }),
      );
      equal([seen[0] === sys.getpid(), seen[1] === sys.getpid()], [true, false]);
      refuses("ECHILD", () => sys.waitpid(-1, 0));
    },
  },
  {
    name: "a thousand children of vfork leave nothing in the memory that they borrowed",
    run(sys) {
      const turn = (): void => {
        const pid = sys.vfork(() => sys.program("/bin/sh", ["sh", "-c", ":"], ["A=1", "B=2"]));
        sys.waitpid(pid, 0);
      };
      for (let round = 0; round < 100; round += 1) turn();
      const before = residentMemory(sys);
      for (let round = 0; round < 1000; round += 1) turn();
      equal(residentMemory(sys) - before < 100, true);
    },
  },
  {
    name: "waitpid tells exit codes and signals",
    run(sys) {
      const exits = sys.fork();
      if (exits === 0) sys.exit(42);
      equal(sys.waitpid(exits, 0), { pid: exits, code: 42, signal: null });
      const dies = sys.fork();
      if (dies === 0) for (;;) sys.kill(sys.getpid(), SIGKILL);
      equal(sys.waitpid(dies, 0), { pid: dies, code: null, signal: SIGKILL });
    },
  },
  {
    name: "a clone in its own namespaces is PID 1 and names its host as it likes",
    run(sys) {
      const before = sys.uname().nodename;
      const answer = fromChild(sys, CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNS, () => {
        sys.sethostname("inside");
        return `${sys.getpid()} ${sys.uname().nodename}`;
      });
      equal(answer, "1 inside");
      equal(sys.uname().nodename, before);
    },
  },
  {
    name: "a process joins another's namespace by its descriptor",
    run(sys) {
      const holder = sys.vfork(
        () => {
          sys.setSignalMask([]);
          sys.sethostname("elsewhere");
          return sys.program("/bin/sh", ["sh", "-c", "exec sleep 1000"], ["PATH=/bin:/usr/bin"]);
        },
        { flags: CLONE_NEWUTS },
      );
      const answer = fromChild(sys, 0, () => {
        const fd = sys.open(`/proc/${holder}/ns/uts`, O_RDONLY);
        sys.setns(fd, CLONE_NEWUTS);
        return sys.uname().nodename;
      });
      sys.kill(holder, SIGKILL);
      sys.waitpid(holder, 0);
      equal(answer, "elsewhere");
    },
  },
  {
    name: "spawn gives the child the descriptors asked for and nothing else",
    run(sys) {
      const [reader, writer] = sys.pipe();
      const nothing = sys.open("/dev/null", O_RDWR);
      const pid = sys.spawn({
        path: "/bin/sh",
        argv: ["sh", "-c", 'echo "$WORD $PWD" >&2; ls /proc/self/fd | wc -l >&2'],
        envp: ["WORD=hello", "PATH=/usr/bin:/bin"],
        fds: [nothing, nothing, writer],
        cwd: "/",
      });
      sys.close(writer);
      sys.close(nothing);
      equal(sys.waitpid(pid, 0), { pid, code: 0, signal: null });
      // 0, 1, 2 and the one ls reads the directory with.
      equal(sys.utf8Decode(sys.read(reader, 100)).replace(/\s+/g, " "), "hello / 4 ");
      sys.close(reader);
    },
  },
  {
    name: "a signalfd tells which signals came and from whom",
    run(sys) {
      const fd = sys.signalfd([SIGUSR1]);
      equal(sys.readSignals(fd), []);
      sys.kill(sys.getpid(), SIGUSR1);
      const [info] = sys.readSignals(fd);
      equal(info?.signal, SIGUSR1);
      equal(info?.pid, sys.getpid());
      sys.setSignalMask([]);
      sys.close(fd);
    },
  },
  {
    name: "openat2 cannot leave a root",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/root/etc`);
      sys.writeFile(`${directory}/root/etc/name`, "inside");
      sys.symlink("/etc/name", `${directory}/root/link`);
      const root = sys.open(`${directory}/root`, O_RDONLY | O_DIRECTORY);
      const fd = sys.openat2(root, "../../../link", { flags: O_RDONLY, resolve: RESOLVE_IN_ROOT });
      equal(sys.utf8Decode(sys.read(fd, 100)), "inside");
      sys.close(fd);
      sys.close(root);
    },
  },
  {
    name: "a mount in a namespace of one's own is seen there only",
    run(sys, directory) {
      const answer = fromChild(sys, CLONE_NEWNS, () => {
        sys.mount(null, "/", null, 0x44000);
        sys.mount("tmpfs", directory, "tmpfs", 0, "size=1m");
        sys.writeFile(`${directory}/hidden`, "");
        return String(sys.statfs(directory).total);
      });
      equal(answer, "1048576");
      equal(sys.exists(`${directory}/hidden`), false);
    },
  },
  {
    name: "the new mount API mounts without a path until it is moved there",
    run(sys, directory) {
      const answer = fromChild(sys, CLONE_NEWNS, () => {
        sys.mount(null, "/", null, 0x44000);
        const fs = sys.fsopen("tmpfs");
        sys.fsconfigSet(fs, "size", "2m");
        sys.fsconfigCreate(fs);
        const mount = sys.fsmount(fs, 0);
        sys.moveMount(mount, -100, directory);
        return String(sys.statfs(directory).total);
      });
      equal(answer, "2097152");
    },
  },
  {
    name: "sha256 is that of FIPS 180-4",
    run(sys, directory) {
      equal(sys.sha256Bytes(sys.utf8Encode("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
      equal(sys.sha256Bytes(new Uint8Array()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
      sys.writeFile(`${directory}/many`, "a".repeat(100_000));
      const fd = sys.open(`${directory}/many`, O_RDONLY);
      equal(sys.sha256(fd), "6d1cf22d7cc09b085dfc25ee1a1f3ae0265804c607bc2074ad253bcc82fd81ee");
      sys.close(fd);
    },
  },
  {
    name: "inflate gives back what gzip packed, several members too",
    run(sys, directory) {
      // "hello\n" by gzip -n, twice.
      const member = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 231, 2, 0, 32, 48, 58, 54, 6, 0, 0, 0];
      sys.writeFile(`${directory}/packed`, Uint8Array.from([...member, ...member]));
      const input = sys.open(`${directory}/packed`, O_RDONLY);
      const out = sys.open(`${directory}/plain`, O_WRONLY | O_CREAT | O_TRUNC, 0o600);
      const { input: packed, output, sha256 } = sys.inflate(input, out);
      sys.close(out);
      equal([packed, output], [52, 12]);
      equal(sys.readFile(`${directory}/plain`), "hello\nhello\n");
      equal(sha256, sys.sha256Bytes(sys.utf8Encode("hello\nhello\n")));
      sys.lseek(input, 0, SEEK_SET);
      sys.close(input);
    },
  },
  {
    name: "inflate refuses what was cut short or is something else",
    run(sys, directory) {
      const out = sys.open(`${directory}/plain`, O_WRONLY | O_CREAT, 0o600);
      for (const bytes of [[31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72], [31, 139, 99, 99, 99], [0xff, 0xff, 0xff], []]) {
        sys.writeFile(`${directory}/packed`, Uint8Array.from(bytes));
        const input = sys.open(`${directory}/packed`, O_RDONLY);
        refuses("EBADMSG", () => sys.inflate(input, out));
        sys.close(input);
      }
      sys.close(out);
    },
  },
  {
    name: "a program starts with no signal ignored, whatever its parent ignores",
    run(sys) {
      // Not by a shell, which ignores SIGQUIT by itself.
      const program = ["/bin/grep", ["grep", "SigIgn", "/proc/self/status"], []] as const;
      const [reader, writer] = sys.pipe();
      const nothing = sys.open("/dev/null", O_RDWR);
      const ignoredBy = (pid: number): number => {
        sys.waitpid(pid, 0);
        return Number.parseInt(sys.utf8Decode(sys.read(reader, 100)).replace("SigIgn:", ""), 16);
      };
      const start = (prepare: () => void): number =>
        sys.vfork(() => {
          prepare();
          sys.dup2(writer, 1);
          return sys.program(...program);
        });
      const [path, argv, envp] = program;
      const keep = (): void => {};
      const reset = (): void => sys.resetSignals();
      const ours = ignoredBy(start(keep));
      // SIGPIPE by main.c, SIGUSR2 by the shell that the test in the machine starts this from.
      equal(ours & 0x1800, 0x1800);
      equal([ignoredBy(start(reset)), ignoredBy(start(reset))], [0, 0]);
      equal(ignoredBy(start(keep)), ours);
      equal(ignoredBy(sys.spawn({ path, argv, envp, fds: [nothing, writer, nothing] })), 0);
      for (const fd of [reader, writer, nothing]) sys.close(fd);
    },
  },
  {
    name: "signals are blocked in a child of vfork and its children, until it says otherwise, and as before in us",
    run(sys) {
      const blocked = (): string => /SigBlk:\s+(\w+)/.exec(sys.readFile("/proc/self/status"))?.[1] ?? "";
      const seen: string[] = [];
      const note = (): null => {
        seen.push(blocked());
        return null;
      };
      const before = blocked();
      const outer = sys.vfork(() => {
        note();
        const first = sys.vfork(note);
        const second = sys.vfork(() => {
          sys.setSignalMask([SIGUSR1]);
          const inner = sys.vfork(note);
          sys.waitpid(inner, 0);
          return note();
        });
        for (const pid of [first, second]) sys.waitpid(pid, 0);
        return note();
      });
      sys.waitpid(outer, 0);
      // Neither SIGKILL and SIGSTOP nor the three that musl keeps to itself.
      const all = "fffffffc7ffbfeff";
      const own = "0000000000000200";
      equal(seen, [all, all, all, own, all]);
      equal(blocked(), before);
    },
  },
  {
    name: "the trace holds the calls of forked children too, with the line that made them",
    run(sys, directory) {
      sys.trace.start();
      sys.trace.subject = { container: "web", occasion: null, asked: true, client: null };
      const pid = sys.fork();
      if (pid === 0) {
        sys.mkdir(`${directory}/made-by-child`);
        sys.exit(0);
      }
      sys.waitpid(pid, 0);
      sys.trace.stop();
      sys.trace.subject = null;
      const { records } = sys.trace.read(0);
      const made = records.find(({ call }) => call === "mkdir");
      equal(made?.pid, pid);
      equal(made?.subject?.container, "web");
      equal(made?.args, { path: `${directory}/made-by-child` });
      equal((made?.source?.line ?? 0) > 0, true);
      equal(records.filter(({ call }) => call === "fork").length, 2);
    },
  },
];
