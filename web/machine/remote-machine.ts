import { proxy, type Remote, transfer, wrap } from "comlink";
import type {
  Channel,
  ChannelHandlers,
  ChannelTarget,
  Machine,
  MachineImages,
  MachineOptions,
  MachineProgress,
} from "./machine.ts";
import type { PageHandlers, workerMachine } from "./machine.worker.ts";

/** The machine of a worker, seen from the page. Functions cross as Comlink proxies, bytes are handed over. */
export class RemoteMachine implements Machine {
  readonly #worker: Worker;
  readonly #remote: Remote<typeof workerMachine>;
  /** Rejects when the worker's script cannot be loaded or dies; races every call, which would wait for ever. */
  readonly #broken: Promise<never>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#remote = wrap<typeof workerMachine>(worker);
    this.#broken = new Promise((_resolve, reject) => {
      worker.addEventListener("error", (event) => {
        reject(new Error(`the machine's worker failed: ${event.message || "its script could not be loaded"}`));
      });
    });
    // Each call that races it reports it; without a call there is nobody to tell.
    this.#broken.catch(() => undefined);
  }

  /** Hands the images over: their buffers are empty here afterwards. */
  start(images: MachineImages, options: MachineOptions): Promise<void> {
    const buffers = Object.values(images).filter((value) => value instanceof ArrayBuffer);
    return this.#call(this.#remote.start(transfer(images, buffers), options));
  }

  async open(target: ChannelTarget, handlers: ChannelHandlers): Promise<Channel> {
    let closed = false;
    const page: PageHandlers = {
      data: async (stream, bytes) => handlers.data(stream, bytes),
      end: async (stream) => handlers.end?.(stream),
      closed: async (result) => {
        closed = true;
        handlers.closed(result);
      },
    };
    const channel = await this.#call(this.#remote.open(target, proxy(page)));
    return {
      write: (bytes) => channel.write(bytes),
      end: () => channel.end(),
      resize: (rows, columns) => void (closed || channel.resize(rows, columns)),
      close: () => void (closed || channel.close()),
    };
  }

  onProgress(listener: (progress: MachineProgress) => void): void {
    void this.#remote.onProgress(proxy(listener));
  }

  onConsole(listener: (text: string) => void): void {
    void this.#remote.onConsole(proxy(listener));
  }

  save(): Promise<ArrayBuffer> {
    return this.#call(this.#remote.save());
  }

  async stop(): Promise<void> {
    await this.#call(this.#remote.stop());
    this.#worker.terminate();
  }

  #call<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#broken]);
  }
}
