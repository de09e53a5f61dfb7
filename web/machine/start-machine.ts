import type { Machine } from "./machine.ts";
import { type MachineManifest, type MachineSource, readImages } from "./machine-files.ts";

export interface StartOptions {
  /** Boot even when there is a saved machine. */
  readonly cold?: boolean;
  /** Another size than the saved machine's means a boot. */
  readonly memoryMegabytes?: number;
  readonly network?: boolean;
  readonly commandLine?: string;
  /** Told why a boot is needed although a restore was hoped for. */
  readonly note?: (message: string) => void;
  /** Told the share of the files that have come. */
  readonly loading?: (fraction: number) => void;
}

/** Restores the saved machine; when that cannot be used (missing, damaged, another size) says so and boots. */
export async function startMachine(machine: Machine, source: MachineSource, options: StartOptions = {}): Promise<void> {
  const manifest = await source.manifest();
  const settings = {
    memoryMegabytes: options.memoryMegabytes ?? manifest.memoryMegabytes,
    network: options.network ?? manifest.network,
  };
  const obstacle = reasonToBoot(manifest, settings, options);
  if (obstacle === null) {
    try {
      return await machine.start(await readImages(source, manifest, "restore", options.loading), settings);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.note?.(`the saved machine cannot be used: ${reason}; booting instead`);
    }
  } else if (obstacle !== "") {
    options.note?.(obstacle);
  }
  const commandLine = options.commandLine === undefined ? {} : { commandLine: options.commandLine };
  await machine.start(await readImages(source, manifest, "boot", options.loading), { ...settings, ...commandLine });
}

/** null: restore. An empty text: a boot was asked for, there is nothing to explain. */
function reasonToBoot(
  manifest: MachineManifest,
  settings: { readonly memoryMegabytes: number; readonly network: boolean },
  options: StartOptions,
): string | null {
  if (options.cold === true || options.commandLine !== undefined) return "";
  if (settings.memoryMegabytes !== manifest.memoryMegabytes) {
    return `the saved machine has ${manifest.memoryMegabytes} MB of memory, not ${settings.memoryMegabytes} MB; booting instead`;
  }
  if (settings.network !== manifest.network) return "the saved machine has other network hardware; booting instead";
  return null;
}
