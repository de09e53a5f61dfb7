import { type ContainerPathStat, PATH_STAT_HEADER } from "../contract/archive.ts";
import { EngineError } from "../contract/errors.ts";
import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import { encodeBase64 } from "../wire/base64.ts";
import type { Backend } from "./backend.ts";

const PATH = "/containers/{id}/archive";

export const archiveRoutes: readonly Route<Backend>[] = [
  { method: "HEAD", path: PATH, handle: statPath },
  { method: "GET", path: PATH, handle: getArchive },
  { method: "PUT", path: PATH, body: "stream", handle: putArchive },
];

async function statPath({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  reply.empty(200, statLine(request, await containers.statPath(request.param("id"), pathOf(request))));
}

async function getArchive({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  await containers.archive(request.param("id"), pathOf(request), (stat) =>
    reply.handOverFile("application/x-tar", statLine(request, stat)),
  );
}

async function putArchive({ containers }: Backend, request: ApiRequest, reply: Reply): Promise<void> {
  const query = {
    path: pathOf(request),
    noOverwriteDirNonDir: request.flag("noOverwriteDirNonDir"),
    copyUIDGID: request.flag("copyUIDGID"),
  };
  await containers.extract(request.param("id"), query, request.takeBody);
  reply.body(200, "text/plain; charset=utf-8", "");
}

/** Docker's words, without the blank. */
function pathOf(request: ApiRequest): string {
  const path = request.query("path") ?? "";
  if (path !== "") return path;
  throw new EngineError("invalid", "bad parameter: pathcannot be empty");
}

function statLine(request: ApiRequest, stat: ContainerPathStat): string {
  return `${PATH_STAT_HEADER}: ${encodeBase64(request.encode(JSON.stringify(stat)))}\r\n`;
}
