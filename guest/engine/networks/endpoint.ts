import type { PortMap } from "../../api/contract/network.ts";

/** How a container stands in a network while it runs. */
export interface Endpoint {
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly MacAddress: string;
  /** "80/tcp" → where it is published; null: exposed only. */
  readonly Ports: PortMap;
}

/** What a run has of the network: part of state.json. */
export interface RunNetwork {
  /** "" when the network namespace is not its own. */
  readonly SandboxID: string;
  readonly SandboxKey: string;
  /** null: no network but its loopback, or somebody else's. */
  readonly Endpoint: Endpoint | null;
}

/** One that was found again, with the name of its container. */
export interface RunningEndpoint {
  readonly name: string;
  readonly endpoint: Endpoint;
}

export const NO_NETWORK: RunNetwork = Object.freeze({ SandboxID: "", SandboxKey: "", Endpoint: null });
