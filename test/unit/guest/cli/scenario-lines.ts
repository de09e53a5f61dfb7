/** Scenarios from command lines, and what the engine answers in many of them. */
import { FURNISHED, frames, IMAGE_INSPECT, INFO, INSPECT, noSuchContainer, VERSION, WEB } from "./engine-answers.ts";
import type { Route, Scenario } from "./scenario.ts";

export const system: readonly Route[] = [
  { request: "GET /version", body: VERSION },
  { request: "GET /info", body: INFO },
];
export const inspected: readonly Route[] = [
  { request: "GET /containers/web/json", body: INSPECT },
  { request: "GET /containers/full/json", body: FURNISHED },
  { request: "GET /images/busybox/json", body: IMAGE_INSPECT },
  { request: "GET /containers/busybox/json", ...noSuchContainer("busybox") },
  { request: "GET /containers/foo/json", ...noSuchContainer("foo") },
  { request: "GET /images/foo/json", status: 404, body: { message: "No such image: foo:latest" } },
  { request: "GET /networks/foo", status: 404, body: { message: "network foo not found" } },
  { request: "GET /info", body: INFO },
  { request: "GET /plugins/foo/json", status: 404, body: { message: 'plugin "foo" not found' } },
  { request: "GET /images/web/json", status: 404, body: { message: "No such image: web:latest" } },
  { request: "GET /volumes/foo", status: 404, body: { message: "get foo: no such volume" } },
];

export const MULTIPLEXED = "application/vnd.docker.multiplexed-stream";
export const output = frames([1, "hello\n"], [2, "oops\n"], [1, "bye\n"]);

export const created: Route = { request: "POST /containers/create", status: 201, body: { Id: WEB, Warnings: [] } };
const started: Route = { request: `POST /containers/${WEB}/start`, status: 204 };

/** A container that is created, attached to, prints `output` and ends with `code`. */
export function life(code: number): readonly Route[] {
  return [
    created,
    { request: `POST /containers/${WEB}/attach`, status: 101, bytes: output, type: MULTIPLEXED },
    { request: `POST /containers/${WEB}/wait`, body: { StatusCode: code } },
    started,
  ];
}

export function plain(lines: readonly string[]): readonly Scenario[] {
  return lines.map((line) => ({ name: nameOf(line), argv: line.split(" ").filter((word) => word !== ""), routes: [] }));
}

export function over(routes: readonly Route[], lines: readonly string[]): readonly Scenario[] {
  return plain(lines).map((scenario) => ({ ...scenario, routes }));
}

/** See Scenario.omit. */
export function omitting(...sections: NonNullable<Scenario["omit"]>): (scenario: Scenario) => Scenario {
  return (scenario) => ({ ...scenario, omit: sections });
}

export function nameOf(line: string): string {
  return line === "" ? "no-arguments" : line.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
