/**
 * The machine as the page, the snapshot stage and the tests see it: boot or restore, terminals, sockets into the guest,
 * save, reset. Pure types. Everything that passes a thread is plain data, a function wrapped by Comlink, or a port.
 */

/** Where the bytes of the machine come from; each is fetched or read by the caller. */
export interface MachineImages {
  readonly wasm: ArrayBuffer;
  readonly bios: ArrayBuffer;
  readonly vgaBios: ArrayBuffer;
  readonly kernel?: ArrayBuffer;
  readonly initrd?: ArrayBuffer;
  /** A saved state, zstd or raw. */
  readonly state?: ArrayBuffer;
}

export interface MachineOptions {
  readonly memoryMegabytes: number;
  /** Appended to the kernel's command line (cold boot only). */
  readonly commandLine?: string;
  readonly network: boolean;
}

export type MachinePhase = "booting" | "restoring" | "ready" | "stopped" | "failed";

export interface MachineProgress {
  readonly phase: MachinePhase;
  /** 0 to 1; what has been done of the current phase, as far as it can be told. */
  readonly fraction: number;
  readonly message: string;
}

/** What a channel leads to inside the guest. */
export type ChannelTarget =
  /** A login shell on a pty of its own. */
  | { readonly kind: "terminal"; readonly rows: number; readonly columns: number }
  /** A command with separate output streams and an exit status: `sh -c`-free argv. */
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      readonly env?: readonly string[];
      readonly cwd?: string;
    }
  /** The same on a pty. */
  | {
      readonly kind: "tty-command";
      readonly argv: readonly string[];
      readonly rows: number;
      readonly columns: number;
      readonly env?: readonly string[];
      readonly cwd?: string;
    }
  /** A connection to a socket in the guest. */
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

export interface ChannelHandlers {
  /**
   * stream 1 is output (sockets, terminals: always 1), 2 is standard error. Who answers with a promise is sent at most a
   * window (64 KB) more until it is kept.
   */
  data(stream: 1 | 2, bytes: Uint8Array): void;
  /** No more data on that stream. */
  end?(stream: 1 | 2): void;
  /** The channel is over: exit status for commands (128+n for signals), 0 for sockets, or what went wrong. */
  closed(result: { readonly status: number; readonly error?: string }): void;
}

/** One stream into the guest. Nothing is lost and nothing overtakes; write resolves when the guest has room again. */
export interface Channel {
  write(bytes: Uint8Array): Promise<void>;
  /** Half-close: the guest sees end of file. */
  end(): Promise<void>;
  resize(rows: number, columns: number): void;
  /** Hang up: a terminal's processes get SIGHUP, a socket is closed. */
  close(): void;
}

export interface Machine {
  /** Boots, or restores when images.state is there; resolves when the guest's pipe answered and has the right time and
   *  fresh entropy. Rejects with an Error that says which part failed. */
  start(images: MachineImages, options: MachineOptions): Promise<void>;
  open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel>;
  onProgress(listener: (progress: MachineProgress) => void): void;
  /** Lines of the kernel's console, for cold boots and bug reports. */
  onConsole(listener: (text: string) => void): void;
  /** The whole machine as bytes (raw; callers pack it). */
  save(): Promise<ArrayBuffer>;
  stop(): Promise<void>;
}
