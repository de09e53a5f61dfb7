import { EngineError } from "../../api/contract/errors.ts";
import type { PortBinding, PortMap } from "../../api/contract/network.ts";
import { PROTOCOL_NUMBERS, type Protocol } from "../../runtime/net/nat.ts";

/** One port of a container that is to be published. */
export interface WantedPort {
  readonly protocol: Protocol;
  readonly port: number;
  /** "0.0.0.0" is every address of the machine. */
  readonly hostAddress: string;
  /** Inclusive; null: any that is free. */
  readonly hostPorts: { readonly first: number; readonly last: number } | null;
}

/** What is asked about ports, as create has it. */
export interface PortQuestion {
  readonly exposed: readonly string[];
  readonly bindings: PortMap;
  /** -P: every exposed port is published. */
  readonly all: boolean;
}

const PORT_MAX = 65535;

/** In the order of ports. Throws Docker's refusals. */
export function wantedPorts({ exposed, bindings, all }: PortQuestion): readonly WantedPort[] {
  const wanted: WantedPort[] = [];
  for (const key of portKeys({ exposed, bindings })) {
    const asked = bindings[key] ?? [];
    for (const binding of asked) wanted.push(wantedPort(key, binding));
    if (asked.length === 0 && all) wanted.push(wantedPort(key, {}));
  }
  return wanted;
}

/** "80/tcp", "53/udp": exposed or published, by number. */
export function portKeys({ exposed, bindings }: Omit<PortQuestion, "all">): readonly string[] {
  if (exposed.length === 0 && Object.keys(bindings).length === 0) return [];
  const keys = new Set([...exposed, ...Object.keys(bindings)].map(normalKey));
  return [...keys].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

/** Throws what Docker refuses at create. */
export function validatePortBindings(bindings: PortMap): void {
  for (const [key, list] of Object.entries(bindings)) {
    splitKey(key);
    for (const { HostPort = "", HostIp = "" } of list ?? []) {
      parseHostPorts(HostPort);
      if (HostIp !== "" && !isAddress(HostIp)) throw invalid(`invalid IP address ${HostIp}`);
    }
  }
}

function wantedPort(key: string, { HostIp = "", HostPort = "" }: PortBinding): WantedPort {
  const { port, protocol } = splitKey(key);
  return { port, protocol, hostAddress: HostIp === "" ? "0.0.0.0" : HostIp, hostPorts: parseHostPorts(HostPort) };
}

function normalKey(key: string): string {
  return key.includes("/") ? key : `${key}/tcp`;
}

function splitKey(key: string): { readonly port: number; readonly protocol: Protocol } {
  const [text = "", protocol = "tcp"] = key.split("/");
  const port = parsePort(text);
  if (port === null || port === 0) throw invalid(`invalid port specification: ${JSON.stringify(text)}`);
  if (!isProtocol(protocol)) throw invalid(`invalid port specification: ${JSON.stringify(key)}`);
  return { port, protocol };
}

function isProtocol(text: string): text is Protocol {
  return Object.hasOwn(PROTOCOL_NUMBERS, text);
}

/** "", "8080" or "8000-8010". */
function parseHostPorts(text: string): WantedPort["hostPorts"] {
  if (text === "" || text === "0") return null;
  const [from = "", to = from] = text.split("-");
  const first = parsePort(from);
  const last = parsePort(to);
  if (first === null || last === null || last < first) {
    throw invalid(`invalid port specification: ${JSON.stringify(text)}`);
  }
  return { first, last };
}

function parsePort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX ? Number(text) : null;
}

/** IPv4, or anything with colons: that there is no IPv6 here is said when it is bound. */
function isAddress(text: string): boolean {
  return (
    text.includes(":") || (/^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) < 256))
  );
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
