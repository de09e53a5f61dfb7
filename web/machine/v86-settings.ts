import type { MachineImages, MachineOptions } from "./machine.ts";

const MEGABYTE = 1024 * 1024;
/** The page shows no screen; this is the least the emulated card runs with, and all of it is part of a saved state. */
const VGA_MEGABYTES = 1;

/**
 * console: the kernel's words go to the serial port, where progress is read off. tsc: v86's counter is steady, the
 * kernel need not watch it.
 */
const COMMAND_LINE = "console=ttyS0 tsc=reliable";

const NO_CONSOLE = { type: "none" } as const;
const VIRTIO_CARD = { type: "virtio" } as const;

/** Everything a saved state depends on beside the files: a state restores only into the same machine. */
export function settingsFingerprint(options: Pick<MachineOptions, "memoryMegabytes" | "network">): string {
  return JSON.stringify({ ...options, vga: VGA_MEGABYTES, commandLine: COMMAND_LINE });
}

/** What v86 is made with; v86-machine.ts, where v86 is known, checks it against its types. */
export function machineSettings(wasm: WebAssembly.Module, images: MachineImages, options: MachineOptions) {
  const cold = images.state === undefined;
  return {
    wasm_fn: (imports: WebAssembly.Imports) =>
      cold ? instantiate(wasm, imports) : instantiateForRestore(wasm, imports),
    memory_size: options.memoryMegabytes * MEGABYTE,
    vga_memory_size: VGA_MEGABYTES * MEGABYTE,
    bios: { buffer: images.bios },
    vga_bios: { buffer: images.vgaBios },
    ...(cold && images.kernel !== undefined ? { bzimage: { buffer: images.kernel } } : {}),
    ...(cold && images.initrd !== undefined ? { initrd: { buffer: images.initrd } } : {}),
    cmdline: [COMMAND_LINE, options.commandLine ?? ""].join(" ").trim(),
    // Without an object v86 puts in a ne2k; the NIC has no cable yet, it is there so that the guest has an eth0.
    net_device: options.network ? VIRTIO_CARD : {},
    preserve_mac_from_state_image: true,
    virtio_console: NO_CONSOLE,
    serial_console: NO_CONSOLE,
    acpi: false,
    disable_jit: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: false,
  };
}

async function instantiate(wasm: WebAssembly.Module, imports: WebAssembly.Imports): Promise<WebAssembly.Exports> {
  return (await WebAssembly.instantiate(wasm, imports)).exports;
}

/** Firmware is all that a machine holds before it first runs, and firmware lies in the first megabyte. */
const WRITTEN_BEFORE_RUN = MEGABYTE;

type ZeroMemory = (address: number, length: number) => void;

/**
 * Before it unpacks a state v86 clears all memory. Here that is fresh and zero already, and clearing it would cost
 * 0.1 to 0.3 s and make the host hold every page of it: only what firmware was written to is cleared.
 */
async function instantiateForRestore(
  wasm: WebAssembly.Module,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Exports> {
  const exports = await instantiate(wasm, imports);
  const { zero_memory: zeroMemory } = exports as { readonly zero_memory: ZeroMemory };
  const zeroWritten: ZeroMemory = (address, length) => zeroMemory(address, Math.min(length, WRITTEN_BEFORE_RUN));
  return { ...exports, zero_memory: zeroWritten };
}
