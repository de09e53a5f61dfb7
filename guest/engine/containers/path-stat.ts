import { type ContainerPathStat, FILE_MODE } from "../../api/contract/archive.ts";
import { EngineError } from "../../api/contract/errors.ts";
import { fdPath, openInRoot, resolveInRoot } from "../../runtime/in-root.ts";
import {
  CGROUP2_SUPER_MAGIC,
  O_NOFOLLOW,
  O_PATH,
  PROC_SUPER_MAGIC,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFSOCK,
  S_ISGID,
  S_ISUID,
  S_ISVTX,
  SYSFS_MAGIC,
} from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { formatTime } from "../time.ts";
import { baseName } from "./path-names.ts";

const KINDS: Readonly<Record<number, number>> = {
  [S_IFDIR]: FILE_MODE.directory,
  [S_IFLNK]: FILE_MODE.symlink,
  [S_IFIFO]: FILE_MODE.namedPipe,
  [S_IFSOCK]: FILE_MODE.socket,
  [S_IFBLK]: FILE_MODE.device,
  [S_IFCHR]: FILE_MODE.device + FILE_MODE.characterDevice,
};

/** Their files have no size, and Docker's view of a container does not have them. */
const OF_THE_KERNEL = new Set([PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_SUPER_MAGIC]);

/** lstat(2) with `root` as "/". Throws ENOENT. */
export function statInRoot(sys: Sys, root: number, path: string): ContainerPathStat {
  const { fd } = openInRoot(sys, root, path, O_PATH | O_NOFOLLOW);
  try {
    if (OF_THE_KERNEL.has(sys.statfs(fdPath(fd)).type)) {
      throw new SysError({ syscall: "lstat", code: "ENOENT", errno: 2, path });
    }
    const { mode, size, mtime } = sys.fstat(fd);
    const linkTarget = (mode & S_IFMT) === S_IFLNK ? resolveInRoot(sys, root, path) : "";
    return { name: baseName(path), size, mode: goFileMode(mode), mtime: formatTime(mtime), linkTarget };
  } finally {
    sys.close(fd);
  }
}

/** Numbers above 2 ** 31 are no bit patterns in JavaScript: sums. */
export function goFileMode(mode: number): number {
  let result = (mode & 0o777) + (KINDS[mode & S_IFMT] ?? 0);
  if ((mode & S_ISUID) !== 0) result += FILE_MODE.setUserId;
  if ((mode & S_ISGID) !== 0) result += FILE_MODE.setGroupId;
  if ((mode & S_ISVTX) !== 0) result += FILE_MODE.sticky;
  return result;
}

export function notFound(path: string, container: string): EngineError {
  return new EngineError("notFound", `Could not find the file ${path} in container ${container}`);
}
