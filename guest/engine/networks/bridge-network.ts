import { EngineError } from "../../api/contract/errors.ts";
import type { PortBinding } from "../../api/contract/network.ts";
import { formatAddress, parseAddress } from "../../runtime/net/address.ts";
import { formatMac, parseMac } from "../../runtime/net/link.ts";
import { type PublishedPort, publishPorts, replaceNat, unpublishPorts } from "../../runtime/net/nat.ts";
import type { Sys } from "../../sys/sys.ts";
import { toEngineError, translatedAs } from "../errors.ts";
import { randomId } from "../ids.ts";
import { BRIDGE_NETWORK } from "../layout.ts";
import { readJson, writeJson } from "../store.ts";
import { AddressPool, macOf } from "./addresses.ts";
import { BRIDGE, SUBNET } from "./docker0.ts";
import type { Endpoint, RunningEndpoint } from "./endpoint.ts";
import { Eth0Settings } from "./eth0.ts";
import { HostPorts } from "./host-ports.ts";
import { type PortQuestion, portKeys, wantedPorts } from "./port-bindings.ts";
import type { PluggedSandbox } from "./sandboxes.ts";

/** What a container asks of the network. */
export interface ConnectRequest {
  /** The container's. */
  readonly name: string;
  /** "": one that is made of the address. */
  readonly macAddress: string;
  readonly ports: PortQuestion;
}

/**
 * Docker's network "bridge": addresses of 172.17.0.0/16, the machine as the way out, published ports as the way in. What is
 * here is in the kernel and in the records of the containers that run: a new engine takes it from there.
 */
export class BridgeNetwork {
  readonly #sys: Sys;
  readonly #pool = new AddressPool(SUBNET);
  readonly #settings = new Eth0Settings(parseAddress(SUBNET.gateway), SUBNET.prefix);
  readonly #ports: HostPorts;
  #id = "";

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#ports = new HostPorts(sys);
  }

  /** 64 digits, made when first needed: not before the machine has entropy of its own. */
  get id(): string {
    if (this.#id !== "") return this.#id;
    const stored = readJson(this.#sys, BRIDGE_NETWORK) as { readonly Id: string } | null;
    this.#id = stored?.Id ?? randomId(this.#sys);
    if (stored === null) writeJson(this.#sys, BRIDGE_NETWORK, { Id: this.#id });
    return this.#id;
  }

  /** Gives eth0 of the sandbox its address, and publishes ports. Throws EngineError, and then nothing is taken. */
  connect(sandbox: PluggedSandbox, { name, macAddress, ports }: ConnectRequest): Endpoint {
    const bytes = this.#takeAddress(name);
    const address = formatAddress(bytes);
    try {
      const mac = macAddress === "" ? macOf(bytes) : parseMac(macAddress);
      sandbox.netlink.send(this.#settings.with(bytes, mac));
      const endpoint = this.#describe(address, mac);
      return this.#publish(name, endpoint, ports);
    } catch (error) {
      this.#pool.release(address);
      throw toEngineError(error);
    }
  }

  /** The interface itself goes with its network namespace. Throws EngineError when a rule is not there; all else is done. */
  disconnect(endpoint: Endpoint): void {
    this.#pool.release(endpoint.IPAddress);
    const published = publishedPorts(endpoint, "");
    for (const port of published) this.#ports.release(port);
    translatedAs("unpublish", () => unpublishPorts(this.#sys, published));
  }

  /** At start-up: what containers that run have, as their records say. `log` hears of ports that somebody else has by now. */
  restore(running: readonly RunningEndpoint[], log: (text: string) => void): void {
    const published: PublishedPort[] = [];
    for (const { name, endpoint } of running) {
      this.#pool.reserve(endpoint.IPAddress);
      for (const port of publishedPorts(endpoint, name)) {
        published.push(port);
        this.#hold(port, log);
      }
    }
    replaceNat(this.#sys, { bridge: BRIDGE, network: SUBNET.network, prefix: SUBNET.prefix }, published);
  }

  #takeAddress(name: string): Uint8Array {
    const address = this.#pool.take();
    if (address !== null) return address;
    throw new EngineError(
      "system",
      `failed to create endpoint ${name} on network bridge: ` +
        `no available IPv4 addresses on this network's address pools: bridge (${this.id})`,
    );
  }

  /** Without its ports. */
  #describe(address: string, mac: Uint8Array): Endpoint {
    return {
      NetworkID: this.id,
      EndpointID: randomId(this.#sys),
      Gateway: SUBNET.gateway,
      IPAddress: address,
      IPPrefixLen: SUBNET.prefix,
      MacAddress: formatMac(mac),
      Ports: {},
    };
  }

  #publish(name: string, endpoint: Endpoint, question: PortQuestion): Endpoint {
    const keys = portKeys(question);
    if (keys.length === 0) return endpoint;
    const ports: Record<string, PortBinding[] | null> = {};
    for (const key of keys) ports[key] = null;
    const claimed = (): readonly PublishedPort[] => publishedPorts({ ...endpoint, Ports: ports }, name);
    try {
      for (const wanted of wantedPorts(question)) {
        const hostPort = this.#ports.claim(wanted);
        const key = `${wanted.port}/${wanted.protocol}`;
        ports[key] = [...(ports[key] ?? []), { HostIp: wanted.hostAddress, HostPort: String(hostPort) }];
      }
      publishPorts(this.#sys, claimed());
    } catch (error) {
      for (const port of claimed()) this.#ports.release(port);
      const { kind, message } = toEngineError(error);
      const what = `driver failed programming external connectivity on endpoint ${name} (${endpoint.EndpointID})`;
      throw new EngineError(kind, `${what}: ${message}`);
    }
    return { ...endpoint, Ports: ports };
  }

  #hold({ protocol, hostAddress, hostPort, port }: PublishedPort, log: (text: string) => void): void {
    try {
      this.#ports.claim({ protocol, hostAddress, port, hostPorts: { first: hostPort, last: hostPort } });
    } catch (error) {
      log(`port ${hostPort}/${protocol}: ${toEngineError(error).message}`);
    }
  }
}

function publishedPorts({ IPAddress, Ports }: Endpoint, name: string): readonly PublishedPort[] {
  return Object.entries(Ports).flatMap(([key, bindings]) => {
    const [port = "", protocol = ""] = key.split("/");
    return (bindings ?? []).map(({ HostIp = "", HostPort = "" }) => ({
      protocol: protocol as PublishedPort["protocol"],
      hostAddress: HostIp,
      hostPort: Number(HostPort),
      address: IPAddress,
      port: Number(port),
      comment: name,
    }));
  });
}
