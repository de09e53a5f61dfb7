import type { Reply } from "../server/reply.ts";
import type { ApiRequest } from "../server/request.ts";
import type { Route } from "../server/router.ts";
import { isTrue } from "../wire/query.ts";
import type { Backend } from "./backend.ts";

export const statsRoutes: readonly Route<Backend>[] = [
  { method: "GET", path: "/containers/{id}/stats", handle: containerStats },
];

/** The head goes out with the first sample, or at once when the next ones take a second: then a client that leaves is noticed. */
function containerStats({ containers }: Backend, request: ApiRequest, reply: Reply): void {
  const stream = isTrue(request.query("stream") ?? "1");
  const query = { stream, oneShot: request.flag("one-shot") };
  let text = "";
  let over = false;
  let send = (line: string): void => {
    text += line;
  };
  let finish = (): void => {
    over = true;
  };
  const cancel = containers.stats(request.param("id"), query, {
    sample: (stats) => send(`${JSON.stringify(stats)}\n`),
    done: () => finish(),
  });
  const body = reply.stream();
  if (over) {
    body.end(text);
    return;
  }
  body.write(text);
  send = (line) => body.write(line);
  finish = () => body.end();
  body.onClosed(cancel);
}
