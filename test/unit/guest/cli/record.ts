/**
 * Writes the golden files from a real docker client: `npx tsx test/unit/guest/cli/record.ts /usr/bin/docker`.
 * The client talks to a server of ours that answers each scenario and notes what it was asked.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Answers,
  dropEmpty,
  formatTranscript,
  type RecordedRequest,
  readTarget,
  routeBytes,
  type Scenario,
} from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

const [docker = "docker", only = ""] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "record-"));

async function record(scenario: Scenario, socket: string): Promise<string> {
  const requests: RecordedRequest[] = [];
  const answers = new Answers(scenario);
  const server = createServer((request, response) => void answer(request, response, answers, requests));
  server.on("upgrade", (request, connection: Socket) => void upgrade(request, connection, answers, requests));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const { code, stdout, stderr } = await run(scenario, socket);
  server.closeAllConnections();
  server.close();
  return formatTranscript(scenario, {
    code,
    stdout: maskClient(stdout),
    stderr: stderr.replaceAll(socket, "/var/run/docker.sock"),
    requests,
  });
}

/** The recorded client's own identity gives way to ours, which names no compiler and no commit. */
const CLIENT: readonly (readonly [theirs: RegExp, ours: string])[] = [
  [/26\.1\.5\+dfsg1/g, "26.1.4"],
  [/ Go version:\s+go1\.24\.4\n Git commit:.*\n Built:.*\n/, ""],
  [/"GitCommit":"a72d7cd","GoVersion":"go1\.24\.4",/, ""],
  [/("Client(?:Info)?":\{[^}]*)"BuildTime":"[^"]*",/, "$1"],
  [/a72d7cd/g, "drydock"],
  [/linux\/amd64/g, "linux/386"],
  [/"amd64"/g, '"386"'],
];

function maskClient(text: string): string {
  return CLIENT.reduce((masked, [theirs, ours]) => masked.replace(theirs, ours), text);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: Answers,
  requests: RecordedRequest[],
) {
  const { path } = readTarget(request.url ?? "");
  if (path === "/_ping") {
    response.writeHead(200, { "Api-Version": "1.45", Ostype: "linux", "Content-Type": "text/plain" });
    response.end("OK");
    return;
  }
  await note(request, requests);
  const route = answers.take(request.method ?? "", path);
  response.writeHead(route.status ?? 200, { "Content-Type": route.type ?? "application/json" });
  response.end(routeBytes(route));
}

async function upgrade(request: IncomingMessage, connection: Socket, answers: Answers, requests: RecordedRequest[]) {
  noteRequest(request, "", requests);
  const route = answers.take(request.method ?? "", readTarget(request.url ?? "").path);
  const status = route.status ?? 200;
  connection.on("error", () => {});
  if (status >= 400) {
    const body = routeBytes(route);
    connection.write(
      `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    connection.end(body);
    return;
  }
  connection.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${route.type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  );
  // Typed input is read to its end before the container "ends", as cat would.
  if (readTarget(request.url ?? "").query["stdin"] === "1")
    await new Promise((resolve) => connection.on("end", resolve).resume());
  connection.end(routeBytes(route));
}

async function note(request: IncomingMessage, requests: RecordedRequest[]): Promise<void> {
  let body = "";
  for await (const piece of request) body += String(piece);
  noteRequest(request, body, requests);
}

function noteRequest(request: IncomingMessage, body: string, requests: RecordedRequest[]): void {
  const { path, query } = readTarget(request.url ?? "");
  const content = body === "" ? undefined : dropEmpty(JSON.parse(body));
  requests.push({ method: request.method ?? "", path, query, ...(content === undefined ? {} : { body: content }) });
}

function run(scenario: Scenario, socket: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    HOME: "/root",
    TZ: "UTC",
    PATH: process.env["PATH"],
    ...scenario.environ,
    DOCKER_HOST: `unix://${socket}`,
  };
  const child = spawn(docker, [...scenario.argv], { env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (piece) => {
    stdout += String(piece);
  });
  child.stderr.on("data", (piece) => {
    stderr += String(piece);
  });
  child.stdin.on("error", () => {});
  child.stdin.end(scenario.stdin ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}

for (const [index, scenario] of SCENARIOS.entries()) {
  if (!scenario.name.includes(only)) continue;
  const text = await record(scenario, join(folder, `${index}.sock`));
  writeFileSync(new URL(`golden/${scenario.name}.txt`, import.meta.url), text);
}
