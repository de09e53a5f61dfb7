import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import type { Backend } from "./backend.ts";
import { parseFilters } from "./filters.ts";

export const systemRoutes: readonly Route<Backend>[] = [
  { method: "GET", path: "/_ping", handle: ping },
  { method: "GET", path: "/version", handle: version },
  { method: "GET", path: "/info", handle: info },
  { method: "GET", path: "/events", handle: events },
  { method: "GET", path: "/system/df", handle: diskUsage },
  { method: "POST", path: "/images/prune", handle: pruneImages },
  { method: "POST", path: "/networks/prune", handle: pruneNetworks },
  { method: "POST", path: "/volumes/prune", handle: pruneVolumes },
  { method: "POST", path: "/build/prune", handle: pruneBuildCache },
];

const PING_HEADERS =
  "Builder-Version: 1\r\nCache-Control: no-cache, no-store, must-revalidate\r\nPragma: no-cache\r\nSwarm: inactive\r\n";

/** "1" is the classic builder: this engine has no BuildKit. */
function ping(_backend: Backend, _request: ApiRequest, reply: Reply): void {
  reply.body(200, "text/plain; charset=utf-8", "OK", PING_HEADERS);
}

function version({ system }: Backend, _request: ApiRequest, reply: Reply): void {
  reply.json(200, system.version());
}

function info({ system }: Backend, _request: ApiRequest, reply: Reply): void {
  reply.json(200, system.info());
}

function diskUsage({ system }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, system.diskUsage(request.queryAll("type")));
}

function pruneImages({ system }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, system.pruneImages(parseFilters(request.query("filters"))));
}

function pruneNetworks({ system }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, system.pruneNetworks(parseFilters(request.query("filters"))));
}

function pruneVolumes({ system }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, system.pruneVolumes(parseFilters(request.query("filters"))));
}

function pruneBuildCache({ system }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, system.pruneBuildCache(parseFilters(request.query("filters"))));
}

/** One JSON object a line, for as long as the client listens. */
function events({ system }: Backend, request: ApiRequest, reply: Reply): void {
  const query = {
    since: request.query("since") ?? "",
    until: request.query("until") ?? "",
    filters: parseFilters(request.query("filters")),
  };
  const early: string[] = [];
  let write = (text: string): void => void early.push(text);
  let end: (() => void) | null = null;
  let over = false;
  const cancel = system.subscribe(
    query,
    (event) => write(`${JSON.stringify(event)}\n`),
    () => {
      over = true;
      end?.();
    },
  );
  const body = reply.stream();
  body.onClosed(cancel);
  if (early.length > 0) body.write(early.join(""));
  write = (text) => body.write(text);
  end = () => body.end();
  if (over) body.end();
}
