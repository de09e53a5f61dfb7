import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import type { Backend } from "./backend.ts";
import { parseFilters } from "./filters.ts";

export const imageRoutes: readonly Route<Backend>[] = [
  { method: "GET", path: "/images/json", handle: listImages },
  { method: "GET", path: "/images/{name...}/json", handle: inspectImage },
  { method: "POST", path: "/images/create", handle: createImage },
];

function listImages({ images }: Backend, request: ApiRequest, reply: Reply): void {
  const filters = parseFilters(request.query("filters"));
  reply.json(200, images.list({ all: request.flag("all"), filters }));
}

function inspectImage({ images }: Backend, request: ApiRequest, reply: Reply): void {
  reply.json(200, images.inspect(request.param("name")));
}

/** `docker pull`. The engine has no registry to pull from: it refuses before the first byte of progress. */
function createImage({ images }: Backend, request: ApiRequest, reply: Reply): void {
  const image = request.query("fromImage") ?? "";
  images.pull({ image, tag: request.query("tag") ?? "", platform: request.query("platform") ?? "" });
  reply.stream().end();
}
