import { hairpinRequest } from "../../runtime/net/bridge.ts";
import { LOOPBACK_INDEX, linkUpRequest } from "../../runtime/net/link.ts";
import { type Netlink, NetlinkBatch } from "../../runtime/net/netlink.ts";
import { VethPairs } from "../../runtime/net/veth.ts";
import { prepareNetworkNamespace, removeNetworkNamespace } from "../../runtime/network-namespace.ts";
import type { Sys, Timer } from "../../sys/sys.ts";
import { toEngineError } from "../errors.ts";
import { randomId } from "../ids.ts";
import { NETNS } from "../layout.ts";
import type { Docker0 } from "./docker0.ts";
import { ETH0 } from "./eth0.ts";

/** After a start the machine is busy with the container: the next namespace is made a little later. */
const REFILL_DELAY = 200;
/** A cable's end at the bridge is called like this, with digits of its sandbox. */
const CABLE = "veth";
const CABLE_DIGITS = 7;

/** A network namespace with its loopback up. */
export interface Sandbox {
  /** 64 digits; its path ends with the first twelve. */
  readonly id: string;
  readonly path: string;
}

/** One with a cable to the bridge: "eth0" is up and has no address yet. */
export interface PluggedSandbox extends Sandbox {
  /** Name of the cable's end at the bridge. */
  readonly cable: string;
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
  readonly #cables: VethPairs;
  readonly #up = new NetlinkBatch([linkUpRequest(LOOPBACK_INDEX), linkUpRequest(ETH0.index)]);
  #spare: PluggedSandbox | null = null;
  #timer: Timer | null = null;

  constructor(sys: Sys, bridge: Docker0, log: (text: string) => void) {
    this.#sys = sys;
    this.#bridge = bridge;
    this.#log = log;
    this.#cables = new VethPairs({
      name: CABLE.padEnd(CABLE.length + CABLE_DIGITS, "0"),
      bridge: bridge.index,
      // The engine goes into the new namespace itself.
      peer: { name: ETH0.name, process: sys.getpid() },
    });
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
    const netlink = this.#prepare(sandbox, (inside) => inside.request(linkUpRequest(LOOPBACK_INDEX)));
    netlink.close();
    return sandbox;
  }

  /** A container that calls its own published port is answered through the port of the bridge that it called by. */
  allowHairpin({ cable }: PluggedSandbox): void {
    this.#bridge.netlink.request(hairpinRequest(cable));
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
    const sandbox = this.#named();
    const cable = `${CABLE}${sandbox.id.slice(-CABLE_DIGITS)}`;
    const netlink = this.#prepare(sandbox, (inside) => {
      this.#bridge.netlink.send(this.#cables.named(cable));
      inside.send(this.#up);
    });
    return { ...sandbox, cable, netlink };
  }

  /** Gives the socket in there. */
  #prepare({ path }: Sandbox, furnish: (netlink: Netlink) => void): Netlink {
    return prepareNetworkNamespace(this.#sys, { path, home: this.#bridge.namespace, furnish });
  }

  #named(): Sandbox {
    const id = randomId(this.#sys);
    return { id, path: `${NETNS}/${id.slice(0, 12)}` };
  }

  #refillLater(): void {
    this.#timer ??= this.#sys.setTimer(REFILL_DELAY, () => this.fill());
  }
}
