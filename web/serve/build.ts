/** `npm run build`: the machine and the page into dist/, ready for any static web server. */
import { buildAll } from "./build-all.ts";
import { runProgram } from "./port.ts";

await runProgram(async () => {
  await buildAll();
  console.log("dist/ is ready: put it on any static web server, below any path.");
});
process.exit(0);
