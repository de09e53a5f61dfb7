/**
 * The machine on v86, the same in a worker and in node. The only file that knows the emulator: what it needs to be told,
 * what its events are called and where it is careless.
 */
import { V86 } from "v86";
import { BootProgress } from "./boot-progress.ts";
import type {
  Channel,
  ChannelHandlers,
  ChannelTarget,
  Machine,
  MachineImages,
  MachineOptions,
  MachineProgress,
} from "./machine.ts";
import { PipeHost } from "./pipe-host.ts";
import { machineSettings } from "./v86-settings.ts";
import { within } from "./within.ts";

/** Milliseconds a cold boot may take on a slow, busy computer. */
const BOOT_TIMEOUT = 180_000;
const RESTORE_TIMEOUT = 20_000;
const ENTROPY_BYTES = 64;
/** From here on the driver of the console is there; a message before it would be written over the guest's memory. */
const USERSPACE_STARTS = "Run /init as init process";
const PANIC = "Kernel panic - not syncing";

/** The emulator's event bus is public but missing in its types. */
interface WithBus {
  readonly bus: { send(event: "virtio-console0-input-bytes", bytes: Uint8Array): void };
}

interface Running {
  readonly emulator: V86;
  readonly pipe: PipeHost;
}

export class V86Machine implements Machine {
  readonly #progressListeners: ((progress: MachineProgress) => void)[] = [];
  readonly #consoleListeners: ((text: string) => void)[] = [];
  #running: Running | undefined;
  #line = "";
  #awaitedLine: { readonly text: string; readonly seen: () => void } | undefined;
  #failBoot: ((reason: Error) => void) | undefined;
  #bootProgress: BootProgress | undefined;

  async start(images: MachineImages, options: MachineOptions): Promise<void> {
    await this.stop();
    try {
      const running = await this.#powerOn(images, options);
      this.#running = running;
      await (images.state === undefined ? this.#boot(running) : this.#restore(running, images.state));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#report({ phase: "failed", fraction: 1, message });
      await this.#powerOff(message);
      throw error;
    }
    this.#report({ phase: "ready", fraction: 1, message: "the machine is ready" });
  }

  async open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel> {
    return this.#use("open a channel").pipe.open(target, handlers);
  }

  onProgress(listener: (progress: MachineProgress) => void): void {
    this.#progressListeners.push(listener);
  }

  onConsole(listener: (text: string) => void): void {
    this.#consoleListeners.push(listener);
  }

  async save(): Promise<ArrayBuffer> {
    return this.#use("save").emulator.save_state();
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    await this.#powerOff("the machine was stopped");
    this.#report({ phase: "stopped", fraction: 1, message: "the machine is stopped" });
  }

  #use(action: string): Running {
    if (this.#running === undefined) throw new Error(`cannot ${action}: the machine is not running`);
    return this.#running;
  }

  async #powerOn(images: MachineImages, options: MachineOptions): Promise<Running> {
    // Compiled here, for v86 would keep an error to itself and never be ready.
    const wasm = await WebAssembly.compile(images.wasm);
    const emulator = new V86(machineSettings(wasm, images, options));
    const { bus } = emulator as unknown as WithBus;
    const pipe = new PipeHost((bytes) => bus.send("virtio-console0-input-bytes", bytes));
    emulator.add_listener("virtio-console0-output-bytes", (bytes) => pipe.receive(bytes));
    emulator.add_listener("serial0-output-byte", (byte) => this.#onConsoleByte(byte));
    await new Promise<void>((resolve) => {
      emulator.add_listener("emulator-loaded", () => resolve());
    });
    return { emulator, pipe };
  }

  async #boot({ emulator, pipe }: Running): Promise<void> {
    const progress = new BootProgress();
    this.#bootProgress = progress;
    this.#report(progress.current);
    const userspace = this.#waitForLine(USERSPACE_STARTS);
    const died = new Promise<never>((_resolve, reject) => {
      this.#failBoot = reject;
    });
    await emulator.run();
    await within(BOOT_TIMEOUT, Promise.race([userspace, died]), "the kernel did not start the first process");
    await Promise.race([pipe.greet(BOOT_TIMEOUT), died]);
    this.#bootProgress = undefined;
    this.#failBoot = undefined;
    await this.#synchronise(pipe);
  }

  async #restore({ emulator, pipe }: Running, state: ArrayBuffer): Promise<void> {
    this.#report({ phase: "restoring", fraction: 0, message: "unpacking the saved machine" });
    try {
      await emulator.restore_state(state);
    } catch (error) {
      throw new Error(
        `the saved machine cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    this.#report({ phase: "restoring", fraction: 0.7, message: "waking the saved machine" });
    await emulator.run();
    await pipe.greet(RESTORE_TIMEOUT);
    this.#report({ phase: "restoring", fraction: 0.9, message: "setting clock and random pool" });
    await this.#synchronise(pipe);
  }

  /** Before anything else is asked of the guest: two restores of one state must not make the same ids. */
  #synchronise(pipe: PipeHost): Promise<void> {
    return pipe.synchronise(
      performance.timeOrigin + performance.now(),
      crypto.getRandomValues(new Uint8Array(ENTROPY_BYTES)),
    );
  }

  async #powerOff(reason: string): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#awaitedLine = undefined;
    this.#failBoot = undefined;
    this.#bootProgress = undefined;
    this.#line = "";
    if (running === undefined) return;
    running.pipe.shutDown(reason);
    await running.emulator.destroy();
  }

  #onConsoleByte(byte: number): void {
    const character = String.fromCharCode(byte);
    this.#line += character;
    if (character === "\n") this.#onConsoleLine();
  }

  #onConsoleLine(): void {
    const line = this.#line;
    this.#line = "";
    for (const listener of this.#consoleListeners) listener(line);
    if (this.#bootProgress?.onLine(line) === true) this.#report(this.#bootProgress.current);
    if (this.#awaitedLine !== undefined && line.includes(this.#awaitedLine.text)) this.#awaitedLine.seen();
    if (line.includes(PANIC)) this.#onPanic(line);
  }

  #onPanic(line: string): void {
    const reason = `the guest's kernel gave up: ${line.trim()}`;
    if (this.#failBoot !== undefined) {
      // start() rejects with it, and reports.
      this.#failBoot(new Error(reason));
      return;
    }
    this.#running?.pipe.shutDown(reason);
    this.#report({ phase: "failed", fraction: 1, message: reason });
  }

  #waitForLine(text: string): Promise<void> {
    return new Promise((seen) => {
      this.#awaitedLine = { text, seen };
    });
  }

  #report(progress: MachineProgress): void {
    for (const listener of this.#progressListeners) listener(progress);
  }
}
