/** Whole trees and whole files, on the real kernel: removed, replaced, measured. */
import { CLONE_NEWNS, MS_PRIVATE, MS_REC, O_RDWR } from "../../../../guest/sys/constants.ts";
import type { LinuxSys } from "../../../../guest/sys/linux.ts";
import { equal, fromChild, type RealCase, refuses } from "./real-case.ts";

/** With `place` as $1. */
function runShell(sys: LinuxSys, script: string, place: string): void {
  const nothing = sys.open("/dev/null", O_RDWR);
  const argv = ["sh", "-c", script, "sh", place];
  const pid = sys.spawn({ path: "/bin/sh", argv, envp: ["PATH=/bin:/usr/bin"], fds: [nothing, nothing, nothing] });
  equal(sys.waitpid(pid, 0), { pid, code: 0, signal: null });
  sys.close(nothing);
}

export const treeContract: readonly RealCase[] = [
  {
    name: "removeAll goes deeper than there are descriptors for select",
    run(sys, directory) {
      const before = sys.getcwd();
      sys.chdir(directory);
      for (let depth = 0; depth < 3000; depth++) {
        sys.mkdir("d");
        sys.chdir("d");
      }
      sys.chdir(before);
      sys.removeAll(`${directory}/d`);
      equal(sys.exists(`${directory}/d`), false);
    },
  },
  {
    name: "an atomic write that is refused leaves nothing",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/state/in-the-way`);
      refuses("EISDIR", () => sys.writeFile(`${directory}/state`, "new", { atomic: true }));
      refuses("ENOENT", () => sys.writeFile(`${directory}/none/state`, "new", { atomic: true }));
      equal(sys.readdir(directory), ["state"]);
    },
  },
  {
    name: "removeAll refuses what is below a file",
    run(sys, directory) {
      sys.writeFile(`${directory}/file`, "");
      refuses("ENOTDIR", () => sys.removeAll(`${directory}/file/child`));
    },
  },
  {
    name: "removeAll leaves what is mounted in a tree, and says so when the rest is gone",
    run(sys, directory) {
      sys.mkdirAll(`${directory}/tree/deep/mounted`);
      sys.mkdirAll(`${directory}/tree/deep/empty`);
      sys.writeFile(`${directory}/tree/file`, "");
      const kept = fromChild(sys, CLONE_NEWNS, () => {
        sys.mount(null, "/", null, MS_PRIVATE | MS_REC);
        for (const name of ["mounted", "empty"]) sys.mount("tmpfs", `${directory}/tree/deep/${name}`, "tmpfs", 0);
        sys.writeFile(`${directory}/tree/deep/mounted/file`, "of somebody else");
        refuses("EBUSY", () => sys.removeAll(`${directory}/tree`));
        return [sys.readdir(`${directory}/tree`), sys.readFile(`${directory}/tree/deep/mounted/file`)].join();
      });
      equal(kept, "deep,of somebody else");
      sys.removeAll(`${directory}/tree`);
      equal(sys.exists(`${directory}/tree`), false);
    },
  },
  {
    name: "removeAll does not stop at a name, whatever its bytes, nor at how many there are",
    run(sys, directory) {
      const script =
        'cd "$1"; mkdir "$(printf "a\\nb")" "$(printf "\\377\\200")" -- "-rf" " "; ' +
        'for d in *; do for n in "$(printf "\\nx")" "*" "..." ".hidden" é; do : > "./$d/$n"; done; done; ' +
        'i=0; while [ $i -lt 700 ]; do : > "many-$i"; mkdir "many-$i-d"; i=$((i + 1)); done';
      sys.mkdir(`${directory}/tree`);
      runShell(sys, script, `${directory}/tree`);
      equal(sys.readdir(`${directory}/tree`).length, 1404);
      sys.removeAll(`${directory}/tree`);
      equal(sys.readdir(directory), []);
    },
  },
  {
    name: "diskUsage counts a file with two names once, and of directories no bytes",
    run(sys, directory) {
      sys.mkdir(`${directory}/tree`);
      sys.mkdir(`${directory}/tree/empty`);
      const empty = sys.diskUsage(`${directory}/tree`);
      sys.writeFile(`${directory}/tree/file`, "x".repeat(5000));
      sys.link(`${directory}/tree/file`, `${directory}/tree/again`);
      const { bytes, inodes } = sys.diskUsage(`${directory}/tree`);
      equal(inodes, 3);
      equal(bytes, 5000);
      equal(empty.inodes, 2);
      equal(empty.bytes, 0);
    },
  },
];
