import type { ExecConfig, ExecStartConfig } from "../contract/exec.ts";
import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import type { Backend } from "./backend.ts";
import { terminalSize } from "./containers.ts";

export const execRoutes: readonly Route<Backend>[] = [
  { method: "POST", path: "/containers/{id}/exec", handle: createExec },
  { method: "POST", path: "/exec/{id}/start", handle: startExec },
  { method: "POST", path: "/exec/{id}/resize", handle: resizeExec },
  { method: "GET", path: "/exec/{id}/json", handle: inspectExec },
];

function createExec({ execs }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(201, execs.create(request.param("id"), request.json() as ExecConfig));
}

function startExec({ execs }: Backend, request: ApiRequest, reply: Reply): void {
  const config = request.json() as ExecStartConfig;
  execs.start(request.param("id"), config, (multiplexed) => reply.hijack(multiplexed));
  if (!reply.begun) reply.body(200, "application/json", "");
}

function resizeExec({ execs }: Backend, request: ApiRequest, reply: Reply): void {
  execs.resize(request.param("id"), terminalSize(request));
  reply.body(200, "text/plain; charset=utf-8", "");
}

function inspectExec({ execs }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, execs.inspect(request.param("id")));
}
