/** `npm run dev`: the page from its sources; a change in the guest rebuilds the machine, then the page reloads. */
import { watch } from "node:fs";
import { createServer, type ViteDevServer } from "vite";
import { buildMachine } from "../../kernel-image/build.ts";
import { ROOT } from "../../kernel-image/paths.ts";
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

/** A guest that does not build leaves the last good machine in place: mend it and save again. */
async function rebuild(server: ViteDevServer): Promise<void> {
  try {
    await buildMachine();
    server.ws.send({ type: "full-reload" });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}
