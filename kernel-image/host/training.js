// What the interpreter is profiled with: the ways in which the guest's TypeScript spends its time, in about their
// proportions. Short objects and strings, private fields, maps, JSON, requests taken apart, answers put together.
import * as native from "drydock:sys";

class Failure {
  constructor(code, path) {
    this.code = code;
    this.message = path === undefined ? code : `${path}: ${code}`;
  }
}

function check(result, path) {
  if (result < 0) throw new Failure(`E${-result}`, path);
  return result;
}

class Store {
  #byId = new Map();
  #names = new Map();
  #changed = 0;

  get size() {
    return this.#byId.size;
  }

  add(record) {
    this.#byId.set(record.id, record);
    this.#names.set(record.name, record.id);
    this.#changed += 1;
  }

  find(name) {
    const id = this.#names.get(name) ?? name;
    const found = this.#byId.get(id);
    if (found !== undefined) return found;
    for (const [each, record] of this.#byId) if (each.startsWith(name)) return record;
    throw new Failure("ENOENT", name);
  }

  remove({ id, name }) {
    this.#names.delete(name);
    return this.#byId.delete(id);
  }
}

const ROUTES = ["/_ping", "/version", "/containers/json", "/containers/{id}/json", "/containers/{id}/start"].map((path) => ({
  segments: path.split("/").slice(1),
}));

function matches(segments, words) {
  if (segments.length !== words.length) return null;
  const found = {};
  for (let at = 0; at < segments.length; at += 1) {
    const segment = segments[at];
    if (segment.startsWith("{")) found[segment.slice(1, -1)] = words[at];
    else if (segment !== words[at]) return null;
  }
  return found;
}

function parseHead(text) {
  const [first = "", ...lines] = text.split("\r\n");
  const [method, target] = first.split(" ");
  const headers = new Map();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const [path, query = ""] = target.split("?");
  return { method, path, query: query.split("&").map((pair) => pair.split("=")), headers };
}

function frame(text) {
  const body = native.utf8Encode(text);
  const bytes = new Uint8Array(body.length + 8);
  bytes.set([1, 0, 0, 0, 0, 0, body.length >>> 8, body.length & 255]);
  bytes.set(body, 8);
  let sum = 0;
  for (let at = 0; at < 8; at += 1) sum += bytes[at];
  return sum + native.utf8Decode(bytes, 8, bytes.length).length;
}

function specification(index) {
  const mounts = ["/proc", "/dev", "/dev/pts", "/sys", "/dev/shm"].map((destination, at) => ({
    destination,
    type: at === 0 ? "proc" : "tmpfs",
    options: ["nosuid", "noexec", `size=${index}k`],
  }));
  const process = { args: ["echo", `${index}`], env: ["PATH=/bin", `N=${index}`], cwd: "/", user: { uid: 0, gid: index } };
  return { ociVersion: "1.2.0", process, mounts, linux: { namespaces: [{ type: "pid" }, { type: "mount" }], rlimits: [] } };
}

function options(words) {
  const flags = { rm: false, name: "", env: [] };
  const rest = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    switch (true) {
      case word === "--rm":
        flags.rm = true;
        break;
      case word.startsWith("--name="):
        flags.name = word.slice("--name=".length);
        break;
      case word === "-e":
        at += 1;
        flags.env.push(words[at]);
        break;
      default:
        rest.push(word);
    }
  }
  return { ...flags, rest };
}

function refused(path) {
  try {
    check(native.openat(-100, path, 0, 0), path);
  } catch (error) {
    if (error instanceof Failure) return error.message.length;
    throw error;
  }
  return 0;
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] + 3)).join("").trimEnd()).join("\n");
}

async function exchange(store, index) {
  const id = `${index}`.padStart(12, "0");
  const head = parseHead(
    `POST /v1.45/containers/${id}/start?signal=KILL&t=${index} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`,
  );
  const words = head.path.split("/").slice(2);
  const route = ROUTES.map(({ segments }) => matches(segments, words)).find((found) => found !== null);
  const { name, env } = options(["--rm", `--name=box_${index}`, "-e", "A=1", "busybox", "echo", "hi"]);
  store.add({ id, name, created: index, labels: { ...env, index }, state: { status: "created", pid: 0 } });
  const record = await Promise.resolve(store.find(route.id));
  const text = JSON.stringify({ ...record, spec: specification(index), names: [...env, name].filter(Boolean) });
  const back = JSON.parse(text);
  const listing = table([["ID", "NAME"], ...Object.entries(back.labels).map(([key, value]) => [key, `${value}`])]);
  store.remove(record);
  return refused("/nothing/here") + frame(text) + listing.length + head.headers.size + native.getpid();
}

const store = new Store();
let sum = 0;
for (let index = 0; index < 3000; index += 1) sum += await exchange(store, index);
if (sum === 0 || store.size !== 0) throw new Error("the training has gone wrong");
