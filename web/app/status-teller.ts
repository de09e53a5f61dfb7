import type { MachineProgress } from "../machine/machine.ts";
import { type BootStatus, formatMegabytes } from "./boot-status.ts";

/** Share of a start that goes into fetching; the rest is the machine's own. */
const FETCHING = 0.6;

/**
 * Puts together what the page says of one machine, from what the loader and the machine tell. The machine's progress comes
 * through a port of its own, so the last of it may come after the start is over; and a failed restore is no failure yet, for
 * a boot is tried next.
 */
export class StatusTeller {
  readonly #tell: (status: BootStatus) => void;
  #kind: BootStatus["kind"] = "starting";

  constructor(tell: (status: BootStatus) => void) {
    this.#tell = tell;
  }

  /** `fraction` of the files has come, `bytes` in all. */
  loading(fraction: number, bytes: number): void {
    const message = `Fetching the machine: ${formatMegabytes(bytes)} (${Math.round(fraction * 100)} %)`;
    this.#starting(fraction * FETCHING, message);
  }

  progress({ phase, fraction, message }: MachineProgress): void {
    const whole = FETCHING + fraction * (1 - FETCHING);
    if (phase === "booting") this.#starting(whole, `Booting: ${message}`);
    else if (phase === "restoring") this.#starting(whole, `Restoring the machine: ${message}`);
    else if (phase === "failed" && this.#kind === "ready") this.failed(message);
  }

  ready(message: string): void {
    this.#kind = "ready";
    this.#tell({ kind: "ready", message });
  }

  failed(message: string): void {
    this.#kind = "failed";
    this.#tell({ kind: "failed", message });
  }

  #starting(fraction: number, message: string): void {
    if (this.#kind === "starting") this.#tell({ kind: "starting", fraction, message });
  }
}
