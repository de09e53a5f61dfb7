/**
 * A client of the engine that means no good, as a script for the guest's own interpreter: `drydock --script FILE MODE`.
 * What it is asked to hold open it holds until its standard input ends.
 */
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } from "../../guest/sys/constants.ts";
import { createLinux } from "../../guest/sys/linux.ts";
import { SysError } from "../../guest/sys/sys.ts";

const sys = createLinux();
const [, mode = "", count = "1"] = sys.argv;

function connect(flags = 0): number {
  const fd = sys.socket(AF_UNIX, SOCK_STREAM | flags, 0);
  sys.connect(fd, { kind: "unix", path: "/run/docker.sock" });
  return fd;
}

function say(text: string): void {
  sys.write(1, sys.utf8Encode(`${text}\n`));
}

/** The first line of what comes back, or how the connection ended. */
function answer(fd: number): string {
  let text = "";
  try {
    while (!text.includes("\n")) {
      const bytes = sys.read(fd, 4096);
      if (bytes.length === 0) return text === "" ? "closed" : text.trim();
      text += sys.utf8Decode(bytes);
    }
  } catch (error) {
    return error instanceof SysError ? error.code : String(error);
  }
  return text.slice(0, text.indexOf("\r"));
}

/** As much of it as the other side takes. */
function send(fd: number, data: Uint8Array, times = 1): void {
  try {
    for (let time = 0; time < times; time++) {
      for (let rest = data; rest.length > 0; ) rest = rest.subarray(sys.write(fd, rest));
    }
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

const GARBAGE: readonly (readonly [string, Uint8Array])[] = [
  ["noise", new Uint8Array([...sys.getrandom(3000), 13, 10, 13, 10])],
  ["zeroes", new Uint8Array([...new Uint8Array(3000), 13, 10, 13, 10])],
  ["no method", sys.utf8Encode("\r\n\r\n")],
  ["no version", sys.utf8Encode("GET /info\r\n\r\n")],
  ["another protocol", sys.utf8Encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
  ["TLS", Uint8Array.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0, 13, 10, 13, 10])],
  [
    "two lengths",
    sys.utf8Encode("POST /containers/create HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
  ],
  [
    "length and chunks",
    sys.utf8Encode("POST /containers/create HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
  ],
  ["a huge length", sys.utf8Encode("POST /containers/create HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n{}")],
  ["a broken chunk", sys.utf8Encode("POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")],
  ["no JSON", sys.utf8Encode("POST /containers/create HTTP/1.1\r\nContent-Length: 3\r\n\r\n{{{")],
  ["the wrong JSON", sys.utf8Encode("POST /containers/create HTTP/1.1\r\nContent-Length: 4\r\n\r\nnull")],
];

function garbage(): void {
  for (const [name, bytes] of GARBAGE) {
    const fd = connect();
    send(fd, bytes);
    say(`${name}: ${answer(fd)}`);
    sys.close(fd);
  }
}

/** Megabytes of one header, as fast as they are taken. */
function flood(): void {
  const fd = connect();
  send(fd, sys.utf8Encode("GET /info HTTP/1.1\r\nX-Long: "));
  send(fd, new Uint8Array(1 << 20).fill(97), Number(count));
  say(answer(fd));
}

/** A body of one byte a chunk, which never ends. */
function crumbs(): void {
  const fd = connect();
  send(fd, sys.utf8Encode("POST /containers/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
  send(fd, sys.utf8Encode("1\r\n{\r\n".repeat(10_000)), Number(count));
  say("sent");
}

/** Many connections with the same beginning of a request each. */
function crowd(text: string): void {
  const data = sys.utf8Encode(text);
  let refused = 0;
  for (let number = 0; number < Number(count); number++) {
    try {
      send(connect(SOCK_NONBLOCK), data);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      // The backlog is full: whoever waits is let in as the engine gets round to it.
      refused++;
    }
  }
  say(`there: ${Number(count) - refused}`);
  while (sys.read(0, 4096).length > 0);
}

switch (mode) {
  case "garbage":
    garbage();
    break;
  case "flood":
    flood();
    break;
  case "crumbs":
    crumbs();
    break;
  case "idle":
    crowd("");
    break;
  case "half":
    crowd("POST /containers/create HTTP/1.1\r\nHost: d\r\nX-Slow: ");
    break;
  case "half-body":
    crowd("POST /containers/create HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
    break;
  case "deaf":
    crowd("GET /events HTTP/1.1\r\n\r\n");
    break;
  default:
    say(`there is no mode ${mode}`);
}
sys.exit(0);
