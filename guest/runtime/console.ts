/**
 * A terminal is a pair: the program writes to the slave, whoever holds the master reads it. pty(7), devpts of the
 * container's own, so /dev/pts/0 is its first. The master goes to the monitor as a descriptor in a message (unix(7),
 * SCM_RIGHTS); the slave becomes standard input, output and error and the session's controlling terminal.
 */
import { O_RDWR } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";
import { RuntimeError } from "./runtime-error.ts";

/** linux/magic.h */
const DEVPTS_SUPER_MAGIC = 0x1cd1;

export interface Console {
  readonly master: number;
  /** Path of the slave as it is seen now. */
  readonly slave: string;
}

export interface ConsoleSize {
  readonly height: number;
  readonly width: number;
}

/** `devpts` is the mount point as it is seen now. */
export function openConsole(sys: Sys, devpts: string, size: ConsoleSize | undefined): Console {
  // In a running container anything may have been put there; a pty of the machine itself must not be handed in.
  if (sys.statfs(devpts).type !== DEVPTS_SUPER_MAGIC) {
    throw new RuntimeError({
      stage: "console",
      syscall: "open",
      code: "ENODEV",
      path: "/dev/pts",
      reason: "open /dev/pts/ptmx: not a devpts filesystem",
    });
  }
  const console = sys.openPty(devpts);
  if (size !== undefined) sys.setWindowSize(console.master, { rows: size.height, columns: size.width });
  return console;
}

/** The caller leads a session without a terminal. */
export function takeConsole(sys: Sys, slave: string): void {
  const fd = sys.open(slave, O_RDWR);
  sys.setControllingTerminal(fd);
  sys.dup2(fd, 0);
  sys.dup2(fd, 1);
  sys.dup2(fd, 2);
  if (fd > 2) sys.close(fd);
}
