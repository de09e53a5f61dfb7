/** `-p [ADDRESS:][HOST]:CONTAINER[/PROTOCOL]`, each side a port or a range, and `--expose PORT[-PORT][/PROTOCOL]`. */
import type { PortBinding } from "../../api/contract/network.ts";
import { ExitError } from "../command.ts";
import { isAddress, isDecimal } from "./checks.ts";

export interface Ports {
  readonly exposed: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly bindings: Readonly<Record<string, readonly PortBinding[]>>;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const PROTOCOLS = ["tcp", "udp", "sctp"];

export function readPorts(publish: readonly string[], expose: readonly string[]): Ports {
  const exposed: Record<string, Readonly<Record<string, never>>> = {};
  const bindings: Record<string, PortBinding[]> = {};
  for (const spec of publish) {
    for (const [port, binding] of parsePublish(spec)) {
      exposed[port] = {};
      bindings[port] = [...(bindings[port] ?? []), binding];
    }
  }
  for (const spec of expose) for (const port of parseExpose(spec)) exposed[port] = {};
  return { exposed, bindings };
}

function refuse(message: string): never {
  throw new ExitError(125, message);
}

function parsePublish(spec: string): readonly (readonly [string, PortBinding])[] {
  const [address, hostText, containerText] = splitSpec(spec);
  const [portText, protocol] = splitProtocol(containerText);
  if (portText === "") refuse(`No port specified: ${spec}<empty>`);
  const container = parseRange(portText) ?? refuse(`Invalid containerPort: ${portText}`);
  const host = hostText === "" ? null : (parseRange(hostText) ?? refuse(`Invalid hostPort: ${hostText}`));
  const bare = readAddress(address);
  if (!PROTOCOLS.includes(protocol)) refuse(`Invalid proto: ${protocol}`);
  if (host !== null && size(host) !== size(container) && size(container) !== 1) {
    refuse(`Invalid ranges specified for container and host Ports: ${portText} and ${hostText}`);
  }
  return Array.from({ length: size(container) }, (_, index) => {
    const binding = { HostIp: bare, HostPort: hostPort(host, container, index) };
    return [`${container.start + index}/${protocol}`, binding] as const;
  });
}

function hostPort(host: Range | null, container: Range, index: number): string {
  if (host === null) return "";
  // One container port and a range on the host: any free port of the range.
  if (size(container) === 1 && size(host) > 1) return `${host.start}-${host.end}`;
  return String(host.start + index);
}

function size(range: Range): number {
  return range.end - range.start + 1;
}

/** From the right: container port, host port, and whatever is left is the address. */
function splitSpec(spec: string): readonly [address: string, host: string, container: string] {
  const parts = spec.split(":");
  if (parts.length === 1) return ["", "", spec];
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  return [parts.join(":"), host, container];
}

function splitProtocol(text: string): readonly [port: string, protocol: string] {
  const slash = text.indexOf("/");
  if (slash < 0) return [text, "tcp"];
  return [text.slice(0, slash), text.slice(slash + 1).toLowerCase() || "tcp"];
}

/** Without the brackets of IPv6. */
function readAddress(address: string): string {
  if (address === "") return "";
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  if (bare === address && address.includes(":")) {
    refuse(`Invalid ip address ${address}: address ${address}:: too many colons in address`);
  }
  if (!isAddress(bare)) refuse(`Invalid ip address: ${address}`);
  return bare;
}

function parseRange(text: string): Range | null {
  const [start = "", end = start] = text.split("-");
  if (!isPort(start) || !isPort(end) || Number(end) < Number(start)) return null;
  return { start: Number(start), end: Number(end) };
}

function isPort(text: string): boolean {
  return isDecimal(text) && Number(text) <= 65535;
}

function parseExpose(spec: string): readonly string[] {
  if (spec.includes(":")) refuse(`invalid port format for --expose: ${spec}`);
  const [text, protocol] = splitProtocol(spec);
  const range = parseRange(text);
  if (range === null) refuse(`invalid range format for --expose: ${spec}, error: ${rangeProblem(text)}`);
  return Array.from({ length: size(range) }, (_, index) => `${range.start + index}/${protocol}`);
}

/** Of what parseRange() does not take: the words of nat.ParsePortRange(). */
function rangeProblem(text: string): string {
  if (text === "") return "Empty string specified for ports.";
  const wrong = text.split("-", 2).find((port) => !isPort(port));
  if (wrong === undefined) return `Invalid range specified for the Port: ${text}`;
  const reason = isDecimal(wrong) ? "value out of range" : "invalid syntax";
  return `strconv.ParseUint: parsing "${wrong}": ${reason}`;
}
