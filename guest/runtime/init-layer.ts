/**
 * Docker's "-init" layer: between the layers of an image and the writable one of a container stands what every container
 * has and the image may lack, the places to mount on and /.dockerenv. So a start makes nothing in the writable layer, and
 * what is found there is the container's own doing. A learner sees it in the second name of lowerdir.
 */
import { S_IFDIR, S_IFMT, S_IFREG } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { mountOverlay } from "./overlay.ts";
import { during } from "./runtime-error.ts";

/** moby's daemon/initlayer. null is a directory, "" an empty file, other text where a link points to. */
const ENTRIES: readonly (readonly [path: string, content: string | null])[] = [
  ["/dev/pts", null],
  ["/dev/shm", null],
  ["/proc", null],
  ["/sys", null],
  ["/.dockerenv", ""],
  ["/etc/resolv.conf", ""],
  ["/etc/hosts", ""],
  ["/etc/hostname", ""],
  ["/dev/console", ""],
  ["/etc/mtab", "/proc/mounts"],
];

/**
 * Makes the layer in `directory`/diff, which is there only when it is whole. `layers` as an image lists them. What an
 * earlier attempt left in `directory` is removed. Throws RuntimeError, and then nothing is mounted.
 */
export function makeInitLayer(sys: Sys, layers: readonly string[], directory: string): void {
  const upper = `${directory}/new`;
  const work = `${directory}/work`;
  const target = `${directory}/merged`;
  during("mounts", () => {
    sys.removeAll(directory);
    sys.mkdir(directory, 0o710);
    for (const name of [upper, work, target]) sys.mkdir(name, 0o755);
    if (layers.length === 0) fillInChild(sys, upper);
    else {
      mountOverlay(sys, { layers, upper: { directory: upper, work }, target });
      try {
        fillInChild(sys, target);
      } finally {
        sys.umount(target, 0);
      }
    }
    sys.removeAll(work);
    sys.rmdir(target);
    sys.rename(upper, `${directory}/diff`);
  });
}

/** In a child, because only who stands in the root sees the image's links as the image means them: chroot(2). */
function fillInChild(sys: Sys, root: string): void {
  const pid = sys.vfork(() => {
    sys.chroot(root);
    sys.chdir("/");
    sys.umask(0);
    for (const [path, content] of ENTRIES) makeEntry(sys, path, content);
    return null;
  });
  sys.waitpid(pid, 0);
}

function makeEntry(sys: Sys, path: string, content: string | null): void {
  const names = path.split("/").slice(1);
  let at = "";
  for (const name of names) {
    at += `/${name}`;
    if (standsDirectory(sys, at)) continue;
    if (at !== path || content === null) sys.mkdir(at, 0o755);
    else if (content === "") sys.mknod(at, S_IFREG | 0o755, 0, 0);
    else sys.symlink(content, at);
  }
}

/** What else has the name, a link or a file of the image, makes room, as in Docker. */
function standsDirectory(sys: Sys, path: string): boolean {
  try {
    if ((sys.lstat(path).mode & S_IFMT) === S_IFDIR) return true;
    sys.unlink(path);
  } catch (error) {
    if (!(error instanceof SysError && error.code === "ENOENT")) throw error;
  }
  return false;
}
