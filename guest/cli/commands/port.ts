import type { PortBinding, PortMap } from "../../api/contract/network.ts";
import { isDecimal } from "../args/checks.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";

export const port: Command = {
  kind: "command",
  name: "port",
  summary: "List port mappings or a specific mapping for the container",
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  flags: [],
  arity: { kind: "between", least: 1, most: 2 },
  containers: "alive",
  aliases: ["docker container port", "docker port"],
  run,
};

async function run({ cli, args }: Invocation): Promise<number> {
  const [name = "", wanted = ""] = args;
  const { Ports: ports } = (await cli.client.inspectContainer(name)).NetworkSettings;
  const lines = wanted === "" ? describeAll(ports) : describeOne(ports, wanted, name);
  cli.print(
    [...lines]
      .sort(compareNaturally)
      .map((line) => `${line}\n`)
      .join(""),
  );
  return 0;
}

function describeAll(ports: PortMap): readonly string[] {
  return Object.entries(ports).flatMap(([from, bindings]) =>
    (bindings ?? []).map((binding) => `${from} -> ${joinHostPort(binding)}`),
  );
}

function describeOne(ports: PortMap, wanted: string, name: string): readonly string[] {
  const slash = wanted.indexOf("/");
  const number = slash < 0 ? wanted : wanted.slice(0, slash);
  const protocol = slash < 0 ? "" : wanted.slice(slash + 1);
  checkPort(number);
  const bindings = ports[`${number}/${protocol || "tcp"}`] ?? null;
  if (bindings === null) throw new ExitError(1, `Error: No public port '${wanted}' published for ${name}`);
  return bindings.map(joinHostPort);
}

/** strconv.ParseUint of sixteen bits. */
function checkPort(text: string): void {
  const good = text !== "" && isDecimal(text);
  if (good && Number(text) <= 0xffff) return;
  const complaint = good ? "value out of range" : "invalid syntax";
  throw new ExitError(
    1,
    `Error: invalid port (${text}): strconv.ParseUint: parsing ${JSON.stringify(text)}: ${complaint}`,
  );
}

/** Addresses with colons stand in brackets: net.JoinHostPort. */
function joinHostPort({ HostIp = "", HostPort = "" }: PortBinding): string {
  return HostIp.includes(":") ? `[${HostIp}]:${HostPort}` : `${HostIp}:${HostPort}`;
}

const PIECES = /\d+|\D+/g;

/** Numbers in a text count as numbers: 80/tcp before 443/tcp. */
function compareNaturally(a: string, b: string): number {
  const left = a.match(PIECES) ?? [];
  const right = b.match(PIECES) ?? [];
  const at = left.findIndex((piece, index) => piece !== right[index]);
  const [one = "", other = ""] = [left[at], right[at]];
  const difference = Number(one) - Number(other);
  if (!Number.isNaN(difference) && difference !== 0) return difference;
  return one < other ? -1 : Number(one > other);
}
