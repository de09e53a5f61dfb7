import { EngineError } from "../../api/contract/errors.ts";
import { errnoText } from "../../runtime/errno-text.ts";
import { PROTOCOL_NUMBERS, type Protocol } from "../../runtime/net/nat.ts";
import { AF_INET, SO_REUSEADDR, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from "../../sys/constants.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import type { WantedPort } from "./port-bindings.ts";

/** Where Docker looks for free ports: net.ipv4.ip_local_port_range as kernels have it. */
const FIRST_FREE = 32768;
const LAST_FREE = 60999;
/** How many ports that somebody else has are tried before Docker gives up. */
const ATTEMPTS = 10;

export interface HostPort {
  readonly protocol: Protocol;
  readonly hostAddress: string;
  readonly hostPort: number;
}

/**
 * The machine's ports that are published. Each is held by a socket of the engine that nobody ever reaches, since packets
 * are led elsewhere: so no program of the machine can have it too, and one that has it is found out.
 */
export class HostPorts {
  readonly #sys: Sys;
  readonly #held = new Map<string, number>();
  #next = FIRST_FREE;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** Gives the port of the machine. Throws Docker's refusals. */
  claim(wanted: WantedPort): number {
    const { hostPorts } = wanted;
    if (hostPorts === null) return this.#claimFree(wanted);
    if (hostPorts.first === hostPorts.last) return this.#claimOne(wanted, hostPorts.first);
    for (let port = hostPorts.first; port <= hostPorts.last; port++) {
      if (this.#held.has(keyOf({ ...wanted, hostPort: port })) || !this.#hold(wanted, port)) continue;
      return port;
    }
    throw new EngineError(
      "system",
      `Bind for ${wanted.hostAddress}:${hostPorts.first} failed: port is already allocated`,
    );
  }

  /** No error when it is not held. */
  release(port: HostPort): void {
    const key = keyOf(port);
    const fd = this.#held.get(key);
    if (fd === undefined) return;
    this.#held.delete(key);
    this.#sys.close(fd);
  }

  #claimOne(wanted: WantedPort, port: number): number {
    if (this.#held.has(keyOf({ ...wanted, hostPort: port }))) {
      throw new EngineError("system", `Bind for ${wanted.hostAddress}:${port} failed: port is already allocated`);
    }
    const refusal = this.#bind(wanted, port);
    if (refusal !== null) throw refusal;
    return port;
  }

  /** One after the other, as Docker: a port that has just been given back is not the next to be given away. */
  #claimFree(wanted: WantedPort): number {
    let failures = 0;
    for (let tried = FIRST_FREE; tried <= LAST_FREE; tried++) {
      const port = this.#next;
      this.#next = port === LAST_FREE ? FIRST_FREE : port + 1;
      if (this.#held.has(keyOf({ ...wanted, hostPort: port }))) continue;
      const refusal = this.#bind(wanted, port);
      if (refusal === null) return port;
      failures += 1;
      if (failures === ATTEMPTS) throw refusal;
    }
    throw new EngineError("system", "all ports are allocated");
  }

  #hold(wanted: WantedPort, port: number): boolean {
    return this.#bind(wanted, port) === null;
  }

  /** null: it is ours. */
  #bind({ protocol, hostAddress }: WantedPort, port: number): EngineError | null {
    try {
      this.#held.set(keyOf({ protocol, hostAddress, hostPort: port }), this.#open(protocol, hostAddress, port));
      return null;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      const version = hostAddress.includes(":") ? "6" : "4";
      const where = version === "6" ? `[${hostAddress}]:${port}` : `${hostAddress}:${port}`;
      const what = `listen ${protocol}${version} ${where}: ${error.syscall}: ${errnoText(error.code)}`;
      return new EngineError("system", `Error starting userland proxy: ${what}`);
    }
  }

  #open(protocol: Protocol, address: string, port: number): number {
    const sys = this.#sys;
    // The kernel is built without version 6: this is what it says to it.
    if (address.includes(":")) throw new SysError({ syscall: "socket", code: "EAFNOSUPPORT", errno: 97 });
    const type = protocol === "udp" ? SOCK_DGRAM : SOCK_STREAM;
    const fd = sys.socket(AF_INET, type | SOCK_CLOEXEC, PROTOCOL_NUMBERS[protocol]);
    try {
      // A connection of the last container that had it may still be dying.
      if (protocol !== "udp") sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      sys.bind(fd, { kind: "inet", address, port });
      if (protocol !== "udp") sys.listen(fd, 1);
    } catch (error) {
      sys.close(fd);
      throw error;
    }
    return fd;
  }
}

function keyOf({ protocol, hostAddress, hostPort }: HostPort): string {
  return `${protocol}/${hostAddress}/${hostPort}`;
}
