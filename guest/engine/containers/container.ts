import type {
  ContainerConfig,
  ContainerState,
  ContainerStatus,
  ContainerWaitResponse,
  Health,
  HostConfig,
  MountPoint,
  WaitCondition,
} from "../../api/contract/container.ts";
import { ZERO_TIME } from "../../api/contract/container.ts";
import { NO_NETWORK, type RunNetwork } from "../networks/endpoint.ts";
import { Turns } from "../turns.ts";
import type { PendingAttach } from "./attach.ts";
import { Backoff } from "./restart-policy.ts";
import type { ShimConnection } from "./shim.ts";
import type { KeptSummary } from "./summary.ts";

/** config.v2.json: what is settled at create. Only the name may change. */
export interface ContainerRecord {
  readonly ID: string;
  readonly Created: string;
  readonly Name: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly Config: ContainerConfig;
  /** Id of the image. */
  readonly Image: string;
  readonly MountPoints: readonly MountPoint[];
  /** --mac-address; absent: it is made of the container's address. */
  readonly MacAddress?: string;
  readonly Driver: "overlay2";
}

/** state.json: written at each change. What the engine needs to find a running container again is part of it. */
export interface StateRecord {
  /** "restarting": it has ended, and its policy will start it again. */
  readonly Status: "created" | "running" | "restarting" | "exited" | "dead";
  readonly OOMKilled: boolean;
  readonly Pid: number;
  /** Field 22 of /proc/PID/stat: a pid alone may be somebody else's by now. */
  readonly ProcessStart: string;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Network: RunNetwork;
  /** Starts by its policy since the last one by hand. */
  readonly RestartCount: number;
  /** Somebody has sent it a signal since then: a new engine does not start what is to run "unless-stopped". */
  readonly ManuallyStopped: boolean;
  /** null: nobody has asked for checks. On disk only its status is of today. */
  readonly Health: Health | null;
}

export const CREATED: StateRecord = {
  Status: "created",
  OOMKilled: false,
  Pid: 0,
  ProcessStart: "",
  ExitCode: 0,
  Error: "",
  StartedAt: ZERO_TIME,
  FinishedAt: ZERO_TIME,
  Network: NO_NETWORK,
  RestartCount: 0,
  ManuallyStopped: false,
  Health: null,
};

interface Waiter {
  readonly condition: WaitCondition;
  readonly done: (answer: ContainerWaitResponse) => void;
}

/** One container of the engine: its records, and what hangs on its life. */
export class Container {
  readonly id: string;
  record: ContainerRecord;
  hostConfig: HostConfig;
  readonly created: number;
  state: StateRecord;
  /** Its processes stand still. The record of that is the kernel's, in cgroup.freeze. */
  paused = false;
  /** Somebody is removing it. */
  removing = false;
  /** Its end is half of a `docker restart`: `--rm` does not mean this one. */
  manuallyRestarted = false;
  /** A new one with each start by hand. */
  backoff = new Backoff();
  /** The connection that will say how it ended, while it runs. */
  shim: ShimConnection | null = null;
  /** Clients that attached before the start. */
  pending: PendingAttach[] = [];
  /** Kept by summary.ts. */
  summary: KeptSummary | null = null;
  /** Ids of execs that have not ended. */
  readonly execs = new Set<string>();
  /** Who looks at its files while it does not run. */
  readonly files = new Turns();
  #waiters: Waiter[] = [];

  constructor(record: ContainerRecord, hostConfig: HostConfig, state: StateRecord) {
    this.id = record.ID;
    this.record = record;
    this.hostConfig = hostConfig;
    this.state = state;
    this.created = Math.floor(Date.parse(record.Created) / 1000);
  }

  get name(): string {
    return this.record.Name;
  }

  get config(): ContainerConfig {
    return this.record.Config;
  }

  get macAddress(): string {
    return this.record.MacAddress ?? "";
  }

  get running(): boolean {
    return this.state.Status === "running";
  }

  /** It has ended, and waits for its policy to start it again. */
  get restarting(): boolean {
    return this.state.Status === "restarting";
  }

  /** What Docker calls running: also between two runs, it is to be stopped before it can be removed. */
  get active(): boolean {
    const { Status } = this.state;
    return Status === "running" || Status === "restarting";
  }

  get startedBefore(): boolean {
    return this.state.StartedAt !== ZERO_TIME;
  }

  get status(): ContainerStatus {
    if (this.running) return this.paused ? "paused" : "running";
    return this.removing && !this.restarting ? "removing" : this.state.Status;
  }

  /** Gives what ends the wait. `done` is called at once when the condition holds already. */
  wait(condition: WaitCondition, done: (answer: ContainerWaitResponse) => void): () => void {
    if (condition === "not-running" && !this.active) {
      done(this.#answer());
      return () => {};
    }
    const waiter = { condition, done };
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
    };
  }

  /** Tells those who wait for an end that it has come; after a removal, everybody. */
  settle(event: "exit" | "removed"): void {
    const waiters = this.#waiters;
    if (waiters.length === 0) return;
    this.#waiters = event === "removed" ? [] : waiters.filter(({ condition }) => condition === "removed");
    for (const { condition, done } of waiters) {
      if (event === "removed" || condition !== "removed") done(this.#answer());
    }
  }

  #answer(): ContainerWaitResponse {
    const { ExitCode, Error: message } = this.state;
    return message === "" ? { StatusCode: ExitCode } : { StatusCode: ExitCode, Error: { Message: message } };
  }

  /** As `docker inspect` prints it. */
  describeState(): ContainerState {
    const { state } = this;
    return {
      Status: this.status,
      Running: this.active,
      Paused: this.paused,
      Restarting: this.restarting,
      OOMKilled: state.OOMKilled,
      Dead: state.Status === "dead",
      Pid: state.Pid,
      ExitCode: state.ExitCode,
      Error: state.Error,
      StartedAt: state.StartedAt,
      FinishedAt: state.FinishedAt,
      ...(state.Health === null ? {} : { Health: state.Health }),
    };
  }
}
