import type { ContainerCreateRequest, ContainerUpdateRequest, WaitCondition } from "../contract/container.ts";
import { EngineError } from "../contract/errors.ts";
import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import type { Backend } from "./backend.ts";
import { parseFilters } from "./filters.ts";

export const containerRoutes: readonly Route<Backend>[] = [
  { method: "GET", path: "/containers/json", handle: listContainers },
  { method: "POST", path: "/containers/create", handle: createContainer },
  { method: "POST", path: "/containers/prune", handle: pruneContainers },
  { method: "GET", path: "/containers/{id}/json", handle: inspectContainer },
  { method: "GET", path: "/containers/{id}/logs", handle: containerLogs },
  { method: "GET", path: "/containers/{id}/top", handle: topContainer },
  { method: "GET", path: "/containers/{id}/changes", handle: containerChanges },
  { method: "GET", path: "/containers/{id}/export", handle: exportContainer },
  { method: "POST", path: "/containers/{id}/start", handle: startContainer },
  { method: "POST", path: "/containers/{id}/stop", handle: stopContainer },
  { method: "POST", path: "/containers/{id}/restart", handle: restartContainer },
  { method: "POST", path: "/containers/{id}/kill", handle: killContainer },
  { method: "POST", path: "/containers/{id}/pause", handle: pauseContainer },
  { method: "POST", path: "/containers/{id}/unpause", handle: unpauseContainer },
  { method: "POST", path: "/containers/{id}/rename", handle: renameContainer },
  { method: "POST", path: "/containers/{id}/update", handle: updateContainer },
  { method: "POST", path: "/containers/{id}/wait", handle: waitContainer },
  { method: "POST", path: "/containers/{id}/resize", handle: resizeContainer },
  { method: "POST", path: "/containers/{id}/attach", handle: attachContainer },
  { method: "DELETE", path: "/containers/{id}", handle: removeContainer },
];

function listContainers({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const limit = request.integer("limit", 0);
  const filters = parseFilters(request.query("filters"));
  reply.jsonPieces(200, containers.list({ all: request.flag("all"), limit, size: request.flag("size"), filters }));
}

function createContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const name = request.query("name") ?? "";
  const body = request.json() as ContainerCreateRequest;
  reply.json(201, containers.create(body, { name, platform: request.query("platform") ?? "" }));
}

function inspectContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, containers.inspect(request.param("id"), { size: request.flag("size") }));
}

function containerLogs({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const stdout = request.flag("stdout");
  const stderr = request.flag("stderr");
  if (!stdout && !stderr) {
    throw new EngineError("invalid", "Bad parameters: you must choose at least one stream");
  }
  const query = {
    stdout,
    stderr,
    follow: request.flag("follow"),
    timestamps: request.flag("timestamps"),
    details: request.flag("details"),
    tail: request.query("tail") ?? "all",
    since: request.query("since") ?? "",
    until: request.query("until") ?? "",
  };
  containers.logs(request.param("id"), query, (multiplexed) => reply.handOver(multiplexed));
}

function topContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, containers.top(request.param("id"), request.query("ps_args") ?? ""));
}

function containerChanges({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const changes = containers.changes(request.param("id"));
  reply.json(200, changes.length === 0 ? null : changes);
}

function exportContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  containers.export(request.param("id"), () => reply.handOverFile());
}

async function pruneContainers({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  reply.json(200, await containers.prune(parseFilters(request.query("filters"))));
}

async function startContainer({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  await containers.start(request.param("id"));
  reply.empty(204);
}

async function stopContainer({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  await containers.stop(request.param("id"), stopOptions(request));
  reply.empty(204);
}

async function restartContainer({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  await containers.restart(request.param("id"), stopOptions(request));
  reply.empty(204);
}

function stopOptions(request: ApiRequest): { readonly signal: string; readonly timeout: number | null } {
  const given = request.query("t");
  const timeout = given === undefined || given === "" ? null : request.integer("t", 0);
  return { signal: request.query("signal") ?? "", timeout };
}

async function killContainer({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  await containers.kill(request.param("id"), request.query("signal") ?? "");
  reply.empty(204);
}

function pauseContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  containers.pause(request.param("id"));
  reply.empty(204);
}

function unpauseContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  containers.unpause(request.param("id"));
  reply.empty(204);
}

function renameContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  containers.rename(request.param("id"), request.query("name") ?? "");
  reply.empty(204);
}

function updateContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, containers.update(request.param("id"), request.json() as ContainerUpdateRequest));
}

/** The head is sent at once: a client starts the container only when it knows that its end will be seen. */
function waitContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  let send = (text: string): void => reply.stream().end(text);
  let answered = false;
  const condition = waitCondition(request.query("condition"));
  const cancel = containers.wait(request.param("id"), condition, (answer) => {
    answered = true;
    send(`${JSON.stringify(answer)}\n`);
  });
  if (answered) return;
  const body = reply.stream();
  send = (text) => body.end(text);
  body.onClosed(cancel);
}

function waitCondition(text: string | undefined): WaitCondition {
  if (text === undefined || text === "" || text === "not-running") return "not-running";
  if (text === "next-exit" || text === "removed") return text;
  throw new EngineError("invalid", `invalid condition: ${JSON.stringify(text)}`);
}

function resizeContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  containers.resize(request.param("id"), terminalSize(request));
  reply.body(200, "text/plain; charset=utf-8", "");
}

export function terminalSize(request: ApiRequest): { rows: number; columns: number } {
  return { rows: request.integer("h", 0), columns: request.integer("w", 0) };
}

function attachContainer({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const query = {
    stdin: request.flag("stdin"),
    stdout: request.flag("stdout"),
    stderr: request.flag("stderr"),
    stream: request.flag("stream"),
    logs: request.flag("logs"),
    detachKeys: request.query("detachKeys") ?? "",
  };
  containers.attach(request.param("id"), query, (multiplexed) => reply.hijack(multiplexed));
}

async function removeContainer({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  if (request.flag("link")) {
    throw new EngineError("notImplemented", "removing a link is not supported: containers are not linked here");
  }
  await containers.remove(request.param("id"), { force: request.flag("force"), volumes: request.flag("v") });
  reply.empty(204);
}
