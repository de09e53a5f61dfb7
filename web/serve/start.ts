/** `npm start`: builds what changed, serves the page on 127.0.0.1:PORT, prints its URL. */
import { preview } from "vite";
import { ROOT } from "../../kernel-image/paths.ts";
import { buildAll } from "./build-all.ts";
import { HOST, readPort, requirePort, runProgram } from "./port.ts";

await runProgram(async () => {
  const port = readPort();
  await requirePort(port);
  await buildAll();
  await preview({
    configFile: `${ROOT}vite.config.ts`,
    logLevel: "warn",
    preview: { host: HOST, port, strictPort: true },
  });
  console.log(`Drydock is at http://${HOST}:${port}/ (Ctrl+C ends it)`);
});
