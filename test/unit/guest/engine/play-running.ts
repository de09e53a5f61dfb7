import type { Container } from "../../../../guest/engine/containers/container.ts";
import { CGROUP_ROOT, containerPaths } from "../../../../guest/engine/layout.ts";
import type { FakeSys } from "../../../../guest/sys/fake.ts";
import type { FakeEngine } from "./fake-store.ts";

const START_TIME = "4711";

/** Lets a created container run, as far as a fake kernel can: a process that is there, a cgroup whose freezer obeys. */
export function playRunning({ sys, containers }: FakeEngine, name: string): Container {
  const container = containers.find(name);
  addProcess(sys);
  addCgroup(sys, containerPaths(container.id).cgroup);
  const StartedAt = "2026-01-01T00:00:00Z";
  container.state = { ...container.state, Status: "running", Pid: sys.pid, ProcessStart: START_TIME, StartedAt };
  return container;
}

/** As if it had port 80 published at 8080. */
export function playPublished({ containers }: FakeEngine, name: string): void {
  const container = containers.find(name);
  const Endpoint = {
    NetworkID: "",
    EndpointID: "",
    Gateway: "172.17.0.1",
    IPAddress: "172.17.0.2",
    IPPrefixLen: 16,
    MacAddress: "",
    Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
  };
  container.state = { ...container.state, Network: { SandboxID: "", SandboxKey: "", Endpoint } };
}

/** What its shim would tell. */
export function playEnd({ containers }: FakeEngine, container: Container, code: number): void {
  containers.lifecycle.ended(container, { code, signal: 0, at: 0n });
}

function addProcess(sys: FakeSys): void {
  const fields = ["S", ...Array.from({ length: 18 }, () => "0"), START_TIME];
  sys.mkdirAll(`/proc/${sys.pid}`);
  sys.writeFile(`/proc/${sys.pid}/stat`, `${sys.pid} (sleep) ${fields.join(" ")}\n`);
}

function addCgroup(sys: FakeSys, cgroup: string): void {
  const directory = `${CGROUP_ROOT}/${cgroup}`;
  sys.mkdirAll(directory);
  for (const file of ["cgroup.freeze", "cgroup.kill", "pids.max", "memory.max", "memory.swap.max", "cpu.max"]) {
    sys.writeFile(`${directory}/${file}`, "0\n");
  }
  sys.writeFile(`${directory}/cgroup.events`, "populated 1\nfrozen 0\n");
  const write = sys.writeKernelFile.bind(sys);
  sys.writeKernelFile = (path, text) => {
    write(path, text);
    if (path === `${directory}/cgroup.freeze`) {
      sys.writeFile(`${directory}/cgroup.events`, `populated 1\nfrozen ${text}\n`);
    }
  };
}

/** Actions in order, with the attributes that are not always the same. */
export function watchEvents({ events }: FakeEngine): string[] {
  const seen: string[] = [];
  const query = { since: "", until: "", filters: new Map() };
  events.subscribe(
    query,
    ({ Action, Actor }) => {
      const { image: _image, name: _name, from: _from, ...rest } = Actor.Attributes;
      const words = Object.entries(rest).map(([key, value]) => ` ${key}=${value}`);
      seen.push(`${Action}${words.join("")}`);
    },
    () => {},
  );
  return seen;
}
