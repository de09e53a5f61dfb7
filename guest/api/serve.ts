import { type Sys, SysError } from "../sys/sys.ts";
import { TRACE_HEADER } from "./contract/drydock.ts";
import { EngineError } from "./contract/errors.ts";
import { ENGINE_SOCKET } from "./contract/versions.ts";
import { archiveRoutes } from "./routes/archive.ts";
import type { Backend } from "./routes/backend.ts";
import { containerRoutes } from "./routes/containers.ts";
import { drydockRoutes } from "./routes/drydock.ts";
import { execRoutes } from "./routes/exec.ts";
import { imageRoutes } from "./routes/images.ts";
import { statsRoutes } from "./routes/stats.ts";
import { systemRoutes } from "./routes/system.ts";
import type { IncomingRequest } from "./server/connection.ts";
import { type ClientAddress, HttpServer, listenForClients } from "./server/http-server.ts";
import type { Reply } from "./server/reply.ts";
import { ApiRequest } from "./server/request.ts";
import { Router } from "./server/router.ts";
import { stripVersion } from "./server/version.ts";
import type { RequestLine } from "./wire/head.ts";
import { decodePercent } from "./wire/query.ts";
import type { TextCodec } from "./wire/text.ts";

/** Where clients find the Engine API: a descriptor for {@link serveApi}. Whoever connects before that waits. */
export function listenForApi(sys: Sys): number {
  return listenForClients(sys, { kind: "unix", path: ENGINE_SOCKET });
}

/** The same in other places. One that cannot be had is told to `refused`, and is no reason to have none. */
export function listenForMore(
  sys: Sys,
  addresses: readonly ClientAddress[],
  refused: (complaint: string) => void,
): readonly number[] {
  return addresses.flatMap((address) => {
    try {
      return [listenForClients(sys, address)];
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const place = address.kind === "unix" ? `unix ${address.path}` : `tcp ${address.address}:${address.port}`;
      refused(`failed to load listeners: listen ${place}: ${error.syscall}: ${error.code}`);
      return [];
    }
  });
}

/** The Engine API of `backend`, for those who connect to any of the `listeners`. */
export function serveApi(sys: Sys, backend: Backend, listeners: readonly number[]): void {
  const { dispatch, streams } = createDispatcher(backend);
  const handle = (request: IncomingRequest, reply: Reply): void => dispatch(request, reply, server.text);
  const server = new HttpServer(sys, { streams, handle });
  for (const listener of listeners) server.serve(listener);
}

export interface Dispatcher {
  readonly dispatch: (request: IncomingRequest, reply: Reply, text: TextCodec) => void;
  /** Whether the route of this request reads its body itself. */
  readonly streams: (request: RequestLine) => boolean;
}

/** From a whole request to a handler of the tables; whatever it throws becomes Docker's error body. */
export function createDispatcher(backend: Backend): Dispatcher {
  const router = new Router<Backend>([
    containerRoutes,
    archiveRoutes,
    statsRoutes,
    execRoutes,
    imageRoutes,
    systemRoutes,
    drydockRoutes,
  ]);
  return {
    dispatch(incoming, reply, text) {
      try {
        const answer = route(router, backend, incoming, reply, text);
        if (answer instanceof Promise) answer.catch((error: unknown) => fail(reply, error));
      } catch (error) {
        fail(reply, error);
      }
    },
    streams: (request) => streams(router, request),
  };
}

/** A target without such a route, or of no such version, is refused when it is dispatched. */
function streams(router: Router<Backend>, { method, target }: RequestLine): boolean {
  try {
    return router.find(method, readTarget(target).path)?.route.body === "stream";
  } catch {
    return false;
  }
}

interface Target {
  readonly target: string;
  /** Decoded, without a version. */
  readonly path: string;
  readonly query: string;
}

/** A request with a body asks twice. */
let lastTarget: Target = { target: "", path: "", query: "" };

/** Throws Docker's refusals of other versions. */
function readTarget(target: string): Target {
  if (target === lastTarget.target) return lastTarget;
  const mark = target.indexOf("?");
  const path = stripVersion(decodePercent(mark < 0 ? target : target.slice(0, mark)));
  lastTarget = { target, path, query: mark < 0 ? "" : target.slice(mark + 1) };
  return lastTarget;
}

function route(
  router: Router<Backend>,
  backend: Backend,
  incoming: IncomingRequest,
  reply: Reply,
  text: TextCodec,
): void | Promise<void> {
  const { method, head, body, takeBody } = incoming;
  const { path, query } = readTarget(incoming.target);
  const match = router.find(method, path);
  if (match === null) throw new EngineError("notFound", "page not found");
  const { params, route: found } = match;
  const request = new ApiRequest({ method, params, headers: head.headers, body, takeBody, query, text });
  const client = head.headers.get(TRACE_HEADER) ?? null;
  return backend.tracing.request({ method, path, params, client }, () => found.handle(backend, request, reply));
}

/** After the first byte the status is out of reach: an error then ends the connection with the body incomplete. */
function fail(reply: Reply, error: unknown): void {
  if (!reply.begun) reply.error(error);
}
