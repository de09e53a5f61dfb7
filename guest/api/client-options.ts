/** What the calls of the client take and give, where the contract has no name for it. */
import type { Connection } from "./client-exchange.ts";
import type { ContainerWaitResponse } from "./contract/container.ts";
import type { Filters } from "./wire/query.ts";

export interface ListOptions {
  readonly all?: boolean;
  readonly limit?: number;
  readonly size?: boolean;
  readonly filters?: Filters;
}

export interface AttachOptions {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly stream?: boolean;
  readonly logs?: boolean;
  readonly detachKeys?: string;
}

export interface LogsOptions {
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly follow?: boolean;
  readonly timestamps?: boolean;
  readonly details?: boolean;
  /** "all" or a number of lines. */
  readonly tail?: string;
  /** Seconds since the epoch, with a fraction; or RFC 3339. */
  readonly since?: string;
  readonly until?: string;
}

export interface EventsOptions {
  readonly since?: string;
  readonly until?: string;
  readonly filters?: Filters;
}

export interface TraceOptions {
  /** Name or id: only what is done for this one. */
  readonly container?: string;
  /** Only what is done for requests that carry this word, and for their containers. */
  readonly client?: string;
}

/** The engine waits from the moment this exists. */
export interface Waiting {
  readonly result: Promise<ContainerWaitResponse>;
  close(): void;
}

/** `closed` settles at the stream's end, and rejects when it broke. */
export interface Subscription {
  readonly closed: Promise<void>;
  close(): void;
}

/** A body that is written to `connection` by whoever asked; `answer` settles when the engine has taken it, or rejects. */
export interface Upload {
  readonly connection: Connection;
  readonly answer: Promise<void>;
}

export interface Ping {
  readonly apiVersion: string;
  readonly osType: string;
  readonly builderVersion: string;
  readonly server: string;
}
