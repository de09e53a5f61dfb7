/** `npm run dev`: the page from its sources; a change in the guest rebuilds the machine, then the page reloads. */
import { watch } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createServer, type ViteDevServer } from "vite";
import { buildMachine } from "../../kernel-image/build.ts";
import { ROOT } from "../../kernel-image/paths.ts";
import type { MachineManifest } from "../machine/machine-files.ts";
import { HOST, readPort, requirePort, runProgram } from "./port.ts";

/** Editors write in several strokes. */
const SETTLE_MILLISECONDS = 150;

await runProgram(async () => {
  const port = readPort();
  await requirePort(port);
  await buildMachine();
  const server = await createServer({
    configFile: `${ROOT}vite.config.ts`,
    server: { host: HOST, port, strictPort: true },
  });
  await server.listen();
  rebuildOnChange(server);
  console.log(`Drydock (development) is at http://${HOST}:${port}/ (Ctrl+C ends it)`);
});

function rebuildOnChange(server: ViteDevServer): void {
  let timer: NodeJS.Timeout | undefined;
  let building = Promise.resolve();
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      building = building.then(() => rebuild(server));
    }, SETTLE_MILLISECONDS);
  };
  for (const folder of ["guest", "kernel-image"]) watch(`${ROOT}${folder}`, { recursive: true }, soon);
}

/**
 * The page boots the changed guest; the saved one, which is out of date, is taken away until the next `npm start`. A guest
 * that does not build leaves the last good machine in place: mend it and save again.
 */
async function rebuild(server: ViteDevServer): Promise<void> {
  try {
    await buildMachine({ snapshot: false });
    await removeSavedState();
    server.ws.send({ type: "full-reload" });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

async function removeSavedState(): Promise<void> {
  const folder = `${ROOT}build/machine`;
  const { state } = JSON.parse(await readFile(`${folder}/manifest.json`, "utf8")) as MachineManifest;
  await rm(`${folder}/${state.file}`, { force: true });
}
