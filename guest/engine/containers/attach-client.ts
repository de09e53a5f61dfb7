import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import type { EventLog } from "../events.ts";
import { containerPaths } from "../layout.ts";
import { type AttachQuery, attachWords, parseDetachKeys, type TakeStream } from "./attach.ts";
import type { Container } from "./container.ts";
import { spawnLogs } from "./logs.ts";
import { publishContainer } from "./publish.ts";
import { attachToShim } from "./shim.ts";

export interface AttachContext {
  readonly sys: Sys;
  readonly events: EventLog;
}

/** Clients that may wait for the start of one container: each holds a descriptor. */
const MAX_PENDING = 16;

/** The shim serves the client from now on; before the start the client waits with the container. */
export function attachClient(context: AttachContext, container: Container, query: AttachQuery, take: TakeStream): void {
  const { sys, events } = context;
  const tty = container.config.Tty === true;
  const keys = parseDetachKeys(query.detachKeys);
  if (container.pending.length >= MAX_PENDING) {
    throw new EngineError("unavailable", `too many clients are attached to container ${container.id} already`);
  }
  const stream = take(!tty);
  if (query.logs) sendLog(sys, container, stream.fd, query);
  publishContainer(events, container, "attach");
  if (!query.stream || !mayRun(container)) {
    sys.close(stream.fd);
    return;
  }
  const stdin = query.stdin && container.config.OpenStdin === true;
  const { stdout, stderr } = query;
  // Without a terminal what comes is data, whatever bytes it has.
  const words = attachWords({ stdin, stdout, stderr, multiplexed: !tty, keys: tty ? keys : [] });
  if (container.running) attachToShim(sys, containerPaths(container.id).shim, words, stream);
  else container.pending.push({ words, stream });
}

/** `docker start -a` attaches to a stopped container before it starts it: only a dead one never will. */
function mayRun(container: Container): boolean {
  if (container.running || container.state.Status === "created") return true;
  return container.state.Status === "exited" && !container.removing;
}

function sendLog(sys: Sys, container: Container, fd: number, { stdout, stderr }: AttachQuery): void {
  const all = { follow: false, timestamps: false, details: false, tail: "all", since: "", until: "" };
  const copy = sys.dup(fd);
  const pid = spawnLogs(sys, container, { ...all, stdout, stderr }, () => ({ fd: copy, rest: new Uint8Array(0) }));
  // What comes live must not overtake it.
  sys.waitpid(pid, 0);
}
