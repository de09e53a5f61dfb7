/**
 * A container's files as the container has them, for somebody outside: mount_namespaces(7). What runs is looked at through
 * /proc/PID/root, with its volumes and tmpfs. What does not run is put together as for a start, in a mount namespace that no
 * process is in: a learner finds no trace of it in /proc/mounts, and it is gone with the descriptor that holds it.
 */
import {
  AF_UNIX,
  CLONE_NEWNS,
  MS_PRIVATE,
  MS_REC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
} from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { mountAll } from "./mounts.ts";
import { mountOverlay, type Overlay } from "./overlay.ts";
import type { Mount } from "./spec.ts";

export interface FilesView {
  /** O_PATH. To be walked with RESOLVE_IN_ROOT only (in-root.ts). */
  readonly root: number;
  /** The mount namespace: while it is open, what is mounted below the root stays. */
  readonly namespace: number;
}

/** Throws ENOENT or ESRCH when the process has ended. */
export function viewRunning(sys: Sys, pid: number): FilesView {
  const namespace = sys.open(`/proc/${pid}/ns/mnt`, O_RDONLY);
  try {
    return { root: sys.open(`/proc/${pid}/root`, O_PATH | O_DIRECTORY), namespace };
  } catch (error) {
    sys.close(namespace);
    throw error;
  }
}

/** `overlay.target` is only mounted on in the new namespace. Two views of one writable layer at a time are one too many. */
export function viewStopped(sys: Sys, overlay: Overlay, mounts: readonly Mount[]): FilesView {
  const [ours, theirs] = sys.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  try {
    // The descriptors that it opens on the way are its own, and end with it; two of them come to us.
    const pid = sys.vfork(
      () => {
        const { root, namespace } = assemble(sys, overlay, mounts);
        sys.sendmsg(theirs, new Uint8Array(1), [root, namespace]);
        return null;
      },
      { flags: CLONE_NEWNS },
    );
    sys.waitpid(pid, 0);
    const [root = -1, namespace = -1] = sys.recvmsg(ours, 1).fds;
    return { root, namespace };
  } finally {
    sys.close(ours);
    sys.close(theirs);
  }
}

function assemble(sys: Sys, overlay: Overlay, mounts: readonly Mount[]): FilesView {
  sys.mount(null, "/", null, MS_PRIVATE | MS_REC);
  mountOverlay(sys, overlay);
  const root = sys.open(overlay.target, O_PATH | O_DIRECTORY);
  mountAll(sys, root, mounts);
  return { root, namespace: sys.open("/proc/self/ns/mnt", O_RDONLY) };
}

export function closeView(sys: Sys, { root, namespace }: FilesView): void {
  sys.close(root);
  sys.close(namespace);
}
