import type { ContainerConfig, HostConfig } from "../../api/contract/container.ts";
import type { Sys } from "../../sys/sys.ts";
import { translated } from "../errors.ts";
import { BridgeNetwork } from "./bridge-network.ts";
import { Docker0 } from "./docker0.ts";
import { NO_NETWORK, type RunNetwork, type RunningEndpoint } from "./endpoint.ts";
import { Sandboxes } from "./sandboxes.ts";

/** A container, as far as its network goes. */
export interface NetworkUser {
  readonly name: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** "": none was asked for. */
  readonly macAddress: string;
}

/** The networks of containers: the default bridge, "host" and "none", and another container's. */
export class Networks {
  readonly #sys: Sys;
  readonly #log: (text: string) => void;
  readonly bridge: BridgeNetwork;
  #sandboxes: Sandboxes | null = null;

  constructor(sys: Sys, log: (text: string) => void) {
    this.#sys = sys;
    this.#log = log;
    this.bridge = new BridgeNetwork(sys);
  }

  /** A network namespace of its own, plugged in, or NO_NETWORK. Throws EngineError, and then nothing is left. */
  join(user: NetworkUser): RunNetwork {
    const mode = user.hostConfig.NetworkMode ?? "";
    if (mode === "host" || mode.startsWith("container:")) return NO_NETWORK;
    return translated(() => (mode === "none" ? this.#isolate() : this.#plug(user)));
  }

  /** Each part may be gone already. */
  leave({ Endpoint: endpoint, SandboxKey }: RunNetwork): void {
    try {
      if (endpoint !== null) this.bridge.disconnect(endpoint);
    } finally {
      if (SandboxKey !== "") this.#pool().release(SandboxKey);
    }
  }

  /** At start-up: what the containers that run have. */
  restore(running: readonly RunningEndpoint[]): void {
    this.bridge.restore(running, this.#log);
  }

  /** When time is nobody's: one namespace is made ahead. */
  prepare(): void {
    this.#pool().fill();
  }

  #isolate(): RunNetwork {
    const { id, path } = this.#pool().takeBare();
    return { SandboxID: id, SandboxKey: path, Endpoint: null };
  }

  #plug({ name, config, hostConfig, macAddress }: NetworkUser): RunNetwork {
    const sandbox = this.#pool().take();
    try {
      const ports = {
        exposed: Object.keys(config.ExposedPorts ?? {}),
        bindings: hostConfig.PortBindings ?? {},
        all: hostConfig.PublishAllPorts === true,
      };
      if (ports.all || Object.keys(ports.bindings).length > 0) this.#pool().allowHairpin(sandbox);
      const endpoint = this.bridge.connect(sandbox, { name, macAddress, ports });
      return { SandboxID: sandbox.id, SandboxKey: sandbox.path, Endpoint: endpoint };
    } catch (error) {
      this.#pool().release(sandbox.path);
      throw error;
    } finally {
      sandbox.netlink.close();
    }
  }

  #pool(): Sandboxes {
    this.#sandboxes ??= new Sandboxes(this.#sys, new Docker0(this.#sys), this.#log);
    return this.#sandboxes;
  }
}
