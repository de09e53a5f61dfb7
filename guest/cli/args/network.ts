/** `--network mine`, `--network name=mine,alias=a,ip=10.1.2.3`: which network, and how the container stands in it. */
import type { EndpointSettings } from "../../api/contract/network.ts";
import { ExitError } from "../command.ts";
import { isMacAddress } from "./checks.ts";
import { CsvError, splitCsv } from "./csv.ts";
import type { Options } from "./parse.ts";

interface NetworkArgument {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly ip4: string;
  readonly ip6: string;
  readonly linkLocal: readonly string[];
  readonly mac: string;
  readonly driverOptions: Readonly<Record<string, string>>;
}

export interface Networking {
  readonly mode: string;
  /** By network name; empty when nothing but the mode was said. */
  readonly endpoints: Readonly<Record<string, EndpointSettings>>;
}

const KEYS = ["name", "alias", "ip", "ip6", "mac-address", "link-local-ip", "driver-opt"];

export function checkNetwork(value: string): string | null {
  if (!value.includes("=")) return null;
  try {
    return checkFields(splitCsv(value));
  } catch (error) {
    if (error instanceof CsvError) return error.message;
    throw error;
  }
}

function checkFields(fields: readonly string[]): string | null {
  for (const field of fields) {
    const equals = field.indexOf("=");
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    if (!KEYS.includes(key)) return `invalid field key ${key}`;
    if (equals < 0) return `invalid field '${field}' must be a key=value pair`;
  }
  return null;
}

function parseNetwork(value: string): NetworkArgument {
  const fields = value.includes("=") ? splitCsv(value) : [`name=${value}`];
  const all = (key: string): readonly string[] =>
    fields.filter((field) => field.slice(0, field.indexOf("=")).trim().toLowerCase() === key).map(afterEquals);
  return {
    name: all("name").at(-1) ?? "",
    aliases: all("alias"),
    ip4: all("ip").at(-1) ?? "",
    ip6: all("ip6").at(-1) ?? "",
    linkLocal: all("link-local-ip"),
    mac: all("mac-address").at(-1) ?? "",
    driverOptions: Object.fromEntries(all("driver-opt").map((pair) => [pair.split("=", 1)[0], afterEquals(pair)])),
  };
}

function afterEquals(pair: string): string {
  return pair.slice(pair.indexOf("=") + 1).trim();
}

/** Any of these says something about networks; without one there is nothing to merge. */
const FLAGS = ["network", "net", "network-alias", "net-alias", "mac-address", "ip", "ip6", "link-local-ip"];
const DEFAULT: Networking = { mode: "default", endpoints: {} };

export function readNetworking(options: Options): Networking {
  if (!FLAGS.some((flag) => options.changed(flag))) return DEFAULT;
  const given = [...options.all("network"), ...options.all("net")].map(parseNetwork);
  const first = mergeFlags(given[0] ?? parseNetwork("default"), options);
  const networks = [first, ...given.slice(1)];
  refuseNames(networks.map(({ name }) => name));
  const endpoints: Record<string, EndpointSettings> = {};
  for (const network of networks) {
    const settings = endpointOf(network);
    // With several networks each is named in the request, also those about which nothing more is said.
    if (settings !== null || networks.length > 1) endpoints[network.name] = settings ?? {};
  }
  return { mode: first.name, endpoints };
}

function refuseNames(names: readonly string[]): void {
  if (names.includes("")) throw new ExitError(125, "no name set for network");
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new ExitError(125, `network ${JSON.stringify(twice)} is specified multiple times`);
}

/** `--ip`, `--network-alias` and their like belong to the first network. */
function mergeFlags(network: NetworkArgument, options: Options): NetworkArgument {
  const aliases = [...options.all("network-alias"), ...options.all("net-alias")];
  const mac = options.text("mac-address", network.mac);
  if (mac !== "" && !isMacAddress(mac)) throw new ExitError(125, `${mac} is not a valid mac address`);
  if (aliases.length > 0 && !isUserDefined(network.name)) {
    throw new ExitError(125, "network-scoped aliases are only supported for user-defined networks");
  }
  return {
    ...network,
    aliases: [...network.aliases, ...aliases],
    ip4: options.text("ip", network.ip4),
    ip6: options.text("ip6", network.ip6),
    linkLocal: [...network.linkLocal, ...options.all("link-local-ip")],
    mac,
  };
}

function isUserDefined(name: string): boolean {
  return !["default", "bridge", "host", "none"].includes(name) && !name.startsWith("container:");
}

function endpointOf(network: NetworkArgument): EndpointSettings | null {
  const { aliases, ip4, ip6, linkLocal, mac, driverOptions } = network;
  const ipam = {
    ...(ip4 === "" ? {} : { IPv4Address: ip4 }),
    ...(ip6 === "" ? {} : { IPv6Address: ip6 }),
    ...(linkLocal.length === 0 ? {} : { LinkLocalIPs: linkLocal }),
  };
  const settings: EndpointSettings = {
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(mac === "" ? {} : { MacAddress: mac }),
    ...(Object.keys(driverOptions).length === 0 ? {} : { DriverOpts: driverOptions }),
  };
  return Object.keys(settings).length === 0 ? null : settings;
}
