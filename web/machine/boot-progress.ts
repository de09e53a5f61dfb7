import type { MachineProgress } from "./machine.ts";

/** What the kernel's console says on the way to the first process, and how much of the boot is over by then. */
const MILESTONES: readonly { readonly text: string; readonly fraction: number; readonly message: string }[] = [
  { text: "Linux version", fraction: 0.1, message: "Linux is unpacked" },
  { text: "Memory:", fraction: 0.2, message: "memory is set up" },
  { text: "devtmpfs: initialized", fraction: 0.25, message: "drivers start" },
  { text: "Unpacking initramfs", fraction: 0.3, message: "the root filesystem is unpacked" },
  { text: "Serial: 8250", fraction: 0.5, message: "devices are found" },
  { text: "Run /init as init process", fraction: 0.6, message: "the first process starts" },
];

/** How far a cold boot is, told from the console. Never goes back. */
export class BootProgress {
  #next = 0;
  #current: MachineProgress = { phase: "booting", fraction: 0, message: "the machine is switched on" };

  get current(): MachineProgress {
    return this.#current;
  }

  /** True when `line` moved it. */
  onLine(line: string): boolean {
    const index = MILESTONES.findIndex(({ text }) => line.includes(text));
    const milestone = MILESTONES[index];
    if (milestone === undefined || index < this.#next) return false;
    this.#next = index + 1;
    this.#current = { phase: "booting", fraction: milestone.fraction, message: milestone.message };
    return true;
  }
}
