import { hairpinRequest } from "../../runtime/net/bridge.ts";
import { linkUpRequest } from "../../runtime/net/link.ts";
import type { Netlink } from "../../runtime/net/netlink.ts";
import { addVethRequest } from "../../runtime/net/veth.ts";
import { prepareNetworkNamespace, removeNetworkNamespace } from "../../runtime/network-namespace.ts";
import type { Sys, Timer } from "../../sys/sys.ts";
import { toEngineError } from "../errors.ts";
import { randomId } from "../ids.ts";
import { NETNS } from "../layout.ts";
import type { Docker0 } from "./docker0.ts";

/** After a start the machine is busy with the container: the next namespace is made a little later. */
const REFILL_DELAY = 200;
const ETHERNET = "eth0";

/** A network namespace with its loopback up. */
export interface Sandbox {
  /** 64 digits; its path ends with the first twelve. */
  readonly id: string;
  readonly path: string;
}

/** One with a cable to the bridge: "eth0" is up and has no address yet. */
export interface PluggedSandbox extends Sandbox {
  /** Interface number of eth0 in there. */
  readonly index: number;
  /** A socket in there. Closed by who takes the sandbox. */
  readonly netlink: Netlink;
}

/**
 * Network namespaces of containers. Making one is the dearest part of a start, so one with its cable is made ahead while
 * nobody waits.
 */
export class Sandboxes {
  readonly #sys: Sys;
  readonly #bridge: Docker0;
  readonly #log: (text: string) => void;
  #spare: PluggedSandbox | null = null;
  #timer: Timer | null = null;

  constructor(sys: Sys, bridge: Docker0, log: (text: string) => void) {
    this.#sys = sys;
    this.#bridge = bridge;
    this.#log = log;
  }

  /** Plugged into the bridge. Throws RuntimeError. */
  take(): PluggedSandbox {
    const spare = this.#spare;
    this.#spare = null;
    this.#refillLater();
    return spare ?? this.#plugged();
  }

  /** With nothing but its loopback: `--network none`. Throws RuntimeError. */
  takeBare(): Sandbox {
    const sandbox = this.#named();
    prepareNetworkNamespace(this.#sys, sandbox.path, (_namespace, netlink) => netlink.close());
    return sandbox;
  }

  /** No error when it is gone already. */
  release(path: string): void {
    removeNetworkNamespace(this.#sys, path);
  }

  /** At start-up, when time is nobody's. */
  fill(): void {
    this.#timer = null;
    if (this.#spare !== null) return;
    try {
      this.#spare = this.#plugged();
    } catch (error) {
      // The next start makes its own and can say why it cannot.
      this.#log(`no spare network namespace: ${toEngineError(error).message}`);
    }
  }

  #plugged(): PluggedSandbox {
    const sys = this.#sys;
    const sandbox = this.#named();
    return prepareNetworkNamespace(sys, sandbox.path, (namespace, netlink) => {
      const name = `veth${sandbox.id.slice(-7)}`;
      const pair = { name, bridge: this.#bridge.index, peer: { name: ETHERNET, namespace } };
      // A container that calls its own published port is answered through the port of the bridge that it called by.
      this.#bridge.netlink.requestAll([addVethRequest(pair), hairpinRequest(name)]);
      const index = sys.interfaceIndex(ETHERNET);
      netlink.request(linkUpRequest(index));
      return { ...sandbox, index, netlink };
    });
  }

  #named(): Sandbox {
    const id = randomId(this.#sys);
    return { id, path: `${NETNS}/${id.slice(0, 12)}` };
  }

  #refillLater(): void {
    this.#timer ??= this.#sys.setTimer(REFILL_DELAY, () => this.fill());
  }
}
