/**
 * Every program of the guest that is TypeScript is this bundle, told apart by argv[0] as busybox does:
 * `init` (PID 1 of the machine), `dockerd` (the engine), `nft` (lists nf_tables) and `docker` (the command, when
 * its warm process is not there).
 */
import { listenForApi, listenForMore, serveApi } from "./api/serve.ts";
import { runDocker } from "./cli/run-docker.ts";
import { runWarmCli } from "./cli/warm.ts";
import type { ListenAddress } from "./engine/daemon-config.ts";
import { runDockerd } from "./engine/dockerd.ts";
import type { Engine } from "./engine/engine.ts";
import { runInit } from "./init/init.ts";
import { runNft } from "./nft/nft.ts";
import { createLinux } from "./sys/linux.ts";

const sys = createLinux();
const [program = "", ...args] = sys.argv;
let listener = -1;

/** On the socket that is always there, and wherever else the configuration wants it. */
function serve(engine: Engine, own: number, hosts: readonly ListenAddress[]): void {
  serveApi(sys, engine, [own, ...listenForMore(sys, hosts, (complaint) => engine.system.warn(complaint))]);
}

switch (program.slice(program.lastIndexOf("/") + 1)) {
  case "init":
    // The bundle is decoded once: the engine and the warm command are forks of PID 1 and share its memory.
    runInit(sys, {
      // PID 1 holds the engine's socket: a client that comes before the engine, or while it is started again, waits.
      prepare: () => {
        listener = listenForApi(sys);
      },
      dockerd: () => runDockerd(sys, [], (engine, hosts) => serve(engine, listener, hosts)),
      docker: () => {
        sys.close(listener);
        runWarmCli(sys);
      },
    });
    break;
  case "dockerd":
    runDockerd(sys, args, (engine, hosts) => serve(engine, listenForApi(sys), hosts));
    break;
  case "nft":
    sys.exit(runNft(sys, args));
    break;
  default:
    runDocker(sys, args).then(
      (code) => sys.exit(code),
      (error: unknown) => {
        sys.write(2, sys.utf8Encode(`docker: ${String(error)}\n`));
        sys.exit(125);
      },
    );
}
