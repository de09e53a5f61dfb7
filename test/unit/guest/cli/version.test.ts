/** Where ours departs from the real client: it does not print a line for what nobody has said. */
import { expect, test } from "vitest";
import { INFO, VERSION } from "./engine-answers.ts";
import { play } from "./fake-engine.ts";
import type { Route } from "./scenario.ts";

/** An engine that neither Go nor Docker's commits made. */
const [engine] = VERSION.Components;
const BARE = {
  ...VERSION,
  Components: [
    { ...engine, Details: { ...engine?.Details, GoVersion: "none", GitCommit: "", BuildTime: "" } },
    { Name: "drydock", Version: "26.1.4", Details: { GitCommit: "" } },
  ],
};
const NO_COMMIT = { ID: "", Expected: "" };
const routes: readonly Route[] = [
  { request: "GET /version", body: BARE },
  {
    request: "GET /info",
    body: { ...INFO, ContainerdCommit: NO_COMMIT, RuncCommit: NO_COMMIT, InitCommit: NO_COMMIT },
  },
];

async function docker(...argv: readonly string[]): Promise<string> {
  return (await play({ name: "version", argv, routes })).stdout;
}

test("version names no compiler, commit or date where there is none", async () => {
  expect(await docker("version")).toBe(`Client:
 Version:           26.1.4
 API version:       1.45
 OS/Arch:           linux/386
 Context:           default

Server: Drydock
 Engine:
  Version:          26.1.4
  API version:      1.45 (minimum version 1.24)
  OS/Arch:          linux/386
  Experimental:     false
 drydock:
  Version:          26.1.4
`);
});

test("to a template they are empty, as any field that was not set", async () => {
  expect(await docker("version", "-f", "[{{.Client.GoVersion}}{{.Client.GitCommit}}{{.Client.BuildTime}}]")).toBe(
    "[]\n",
  );
  expect(await docker("info", "-f", "[{{.ClientInfo.GitCommit}}]")).toBe("[]\n");
});

test("info lists no runtime of other projects that is not there", async () => {
  expect(await docker("info")).not.toMatch(/(containerd|runc|init) version/);
});
