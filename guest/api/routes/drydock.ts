import { EngineError } from "../contract/errors.ts";
import type { BodyStream, Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import type { Backend } from "./backend.ts";

/** What is ours alone: how the engine does what it does, and what the kernel holds. */
export const drydockRoutes: readonly Route<Backend>[] = [
  { method: "GET", path: "/drydock/trace", handle: trace },
  { method: "GET", path: "/drydock/kernel", handle: kernel },
];

/** Bytes that may wait for a reader before calls are left out. */
const BEHIND = 256 * 1024;

function kernel(backend: Backend, request: ApiRequest, reply: Reply): void {
  const container = request.query("container") ?? "";
  if (container === "") throw new EngineError("invalid", "the query lacks container=NAME");
  reply.json(200, backend.kernel.view(container));
}

/** One JSON object a line, for as long as the client listens. */
function trace({ tracing }: Backend, request: ApiRequest, reply: Reply): void {
  let body: BodyStream | null = null;
  const wanted = { container: request.query("container") ?? "", client: request.query("client") ?? "" };
  const cancel = tracing.open(wanted, {
    ready: () => body !== null && body.unsent() < BEHIND,
    write: (lines) => body?.write(lines.map((line) => `${JSON.stringify(line)}\n`).join("")),
  });
  body = reply.stream();
  body.onClosed(cancel);
}
