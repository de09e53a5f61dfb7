import type { Machine, MachineProgress } from "../../web/machine/machine.ts";
import { startMachine } from "../../web/machine/start-machine.ts";
import { V86Machine } from "../../web/machine/v86-machine.ts";
import { buildMachine } from "../build.ts";
import { MACHINE_FOLDER } from "../paths.ts";
import { folderSource } from "./folder-source.ts";

export interface HeadlessOptions {
  /** The snapshot's unless told; another size boots instead of restoring. */
  readonly memoryMegabytes?: number;
  /** Boot instead of restoring. */
  readonly cold?: boolean;
  /** Appended to the kernel's command line; boots. */
  readonly commandLine?: string;
  readonly onProgress?: (progress: MachineProgress) => void;
  readonly onConsole?: (text: string) => void;
  /** Told why the saved machine was not used; standard error unless given. */
  readonly note?: (message: string) => void;
  /** Where manifest.json lies: build/machine, built first when something is missing, unless given. */
  readonly folder?: string;
}

const built = new Map<boolean, Promise<void>>();

/** Once a process: what starts several machines means the same one. Who boots can look into a guest that cannot be saved. */
function buildOnce(snapshot: boolean): Promise<void> {
  const building = built.get(true) ?? built.get(snapshot) ?? buildMachine({ snapshot });
  built.set(snapshot, building);
  return building;
}

/** The machine in this process, up and with the right time. */
export async function startHeadless(options: HeadlessOptions = {}): Promise<Machine> {
  if (options.folder === undefined) await buildOnce(options.cold !== true && options.commandLine === undefined);
  const machine = new V86Machine();
  if (options.onProgress !== undefined) machine.onProgress(options.onProgress);
  if (options.onConsole !== undefined) machine.onConsole(options.onConsole);
  const { memoryMegabytes, cold, commandLine } = options;
  await startMachine(machine, folderSource(options.folder ?? MACHINE_FOLDER), {
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
    ...(cold === undefined ? {} : { cold }),
    ...(commandLine === undefined ? {} : { commandLine }),
    note: options.note ?? ((message) => process.stderr.write(`drydock: ${message}\n`)),
  });
  return machine;
}
