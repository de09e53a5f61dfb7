import type { Sys } from "../sys/sys.ts";
import { EngineError } from "./contract/errors.ts";
import { ENGINE_SOCKET } from "./contract/versions.ts";
import type { Backend } from "./routes/backend.ts";
import { containerRoutes } from "./routes/containers.ts";
import { execRoutes } from "./routes/exec.ts";
import { imageRoutes } from "./routes/images.ts";
import { systemRoutes } from "./routes/system.ts";
import type { IncomingRequest } from "./server/connection.ts";
import { HttpServer, listenForClients } from "./server/http-server.ts";
import type { Reply } from "./server/reply.ts";
import { ApiRequest } from "./server/request.ts";
import { Router } from "./server/router.ts";
import { stripVersion } from "./server/version.ts";
import { decodePercent } from "./wire/query.ts";
import type { TextCodec } from "./wire/text.ts";

/** Where clients find the Engine API: a descriptor for {@link serveApi}. Whoever connects before that waits. */
export function listenForApi(sys: Sys): number {
  return listenForClients(sys, ENGINE_SOCKET);
}

/** The Engine API of `backend`, for those who connect to `listener`. */
export function serveApi(sys: Sys, backend: Backend, listener: number): void {
  const dispatch = createDispatcher(backend);
  const server = new HttpServer(sys, (request, reply) => dispatch(request, reply, server.text));
  server.serve(listener);
}

export type Dispatcher = (request: IncomingRequest, reply: Reply, text: TextCodec) => void;

/** From a whole request to a handler of the tables; whatever it throws becomes Docker's error body. */
export function createDispatcher(backend: Backend): Dispatcher {
  const router = new Router<Backend>([containerRoutes, execRoutes, imageRoutes, systemRoutes]);
  return (incoming, reply, text) => {
    try {
      const answer = route(router, backend, incoming, reply, text);
      if (answer instanceof Promise) answer.catch((error: unknown) => fail(reply, error));
    } catch (error) {
      fail(reply, error);
    }
  };
}

function route(
  router: Router<Backend>,
  backend: Backend,
  incoming: IncomingRequest,
  reply: Reply,
  text: TextCodec,
): void | Promise<void> {
  const { method, target, head, body } = incoming;
  const mark = target.indexOf("?");
  const path = stripVersion(decodePercent(mark < 0 ? target : target.slice(0, mark)));
  const match = router.find(method, path);
  if (match === null) throw new EngineError("notFound", "page not found");
  const query = mark < 0 ? "" : target.slice(mark + 1);
  const request = new ApiRequest({ method, params: match.params, headers: head.headers, body, query, text });
  return match.route.handle(backend, request, reply);
}

/** After the first byte the status is out of reach: an error then ends the connection with the body incomplete. */
function fail(reply: Reply, error: unknown): void {
  if (!reply.begun) reply.error(error);
}
