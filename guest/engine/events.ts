import type { EventMessage, EventType } from "../api/contract/event.ts";
import type { Sys, Timer } from "../sys/sys.ts";
import { type Filters, matchesExactly, matchesLabels, requireKnown } from "./filters.ts";
import { normalizeReference } from "./images/reference.ts";
import { parseTimestamp } from "./time.ts";

/** As many as Docker remembers. */
const HISTORY = 256;

export interface EventQuery {
  /** As the client wrote them; "" is absent. */
  readonly since: string;
  readonly until: string;
  readonly filters: Filters;
}

export type EventListener = (event: EventMessage) => void;

/** What happened, put into words when somebody wants to hear of it. */
interface Recorded {
  /** Nanoseconds since the epoch. */
  readonly at: bigint;
  readonly type: EventType;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

interface Subscriber {
  readonly filters: Filters;
  readonly listener: EventListener;
}

const KNOWN = new Set(["container", "image", "network", "type", "event", "label", "daemon", "scope"]);

/** What happened: the newest events, and those who want to hear of the next. */
export class EventLog {
  readonly #sys: Sys;
  #history: Recorded[] = [];
  readonly #subscribers = new Set<Subscriber>();

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  get listeners(): number {
    return this.#subscribers.size;
  }

  publish(type: EventType, action: string, id: string, attributes: Readonly<Record<string, string>>): void {
    const recorded = { at: this.#sys.now(), type, action, id, attributes };
    this.#history.push(recorded);
    if (this.#history.length > 2 * HISTORY) this.#history = this.#history.slice(-HISTORY);
    if (this.#subscribers.size === 0) return;
    const message = messageOf(recorded);
    for (const subscriber of this.#subscribers) {
      if (matches(subscriber.filters, message)) subscriber.listener(message);
    }
  }

  /** First the past since `since`, then what comes. `done` is called when `until` has passed. Gives what ends it. */
  subscribe(query: EventQuery, listener: EventListener, done: () => void): () => void {
    requireKnown(query.filters, KNOWN);
    const since = parseTimestamp(query.since);
    const until = parseTimestamp(query.until);
    if (since !== null || until !== null) this.#replay(since ?? 0n, until, query.filters, listener);
    const left = until === null ? null : until - this.#sys.now();
    if (left !== null && left <= 0n) {
      done();
      return () => {};
    }
    const subscriber = { filters: query.filters, listener };
    this.#subscribers.add(subscriber);
    let timer: Timer | null = null;
    const cancel = (): void => {
      this.#subscribers.delete(subscriber);
      if (timer !== null) this.#sys.clearTimer(timer);
      timer = null;
    };
    if (left !== null) {
      timer = this.#sys.setTimer(Math.min(Number(left / 1_000_000n) + 1, 0x7fffffff), () => {
        timer = null;
        cancel();
        done();
      });
    }
    return cancel;
  }

  #replay(since: bigint, until: bigint | null, filters: Filters, listener: EventListener): void {
    for (const recorded of this.#history.slice(-HISTORY)) {
      if (recorded.at < since || (until !== null && recorded.at > until)) continue;
      const message = messageOf(recorded);
      if (matches(filters, message)) listener(message);
    }
  }
}

function messageOf({ at, type, action, id, attributes }: Recorded): EventMessage {
  const legacy = type === "container" ? { status: action, id, from: attributes["image"] ?? "" } : {};
  return {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: "local",
    time: Number(at / 1_000_000_000n),
    timeNano: Number(at),
  };
}

function matches(filters: Filters, event: EventMessage): boolean {
  if (filters.size === 0) return true;
  return (
    matchesExactly(filters.get("type"), event.Type) &&
    matchesAction(filters.get("event"), event.Action) &&
    matchesExactly(filters.get("scope"), event.scope) &&
    matchesActor(filters.get("container"), "container", event) &&
    matchesImage(filters.get("image"), event) &&
    matchesActor(filters.get("network"), "network", event) &&
    (filters.get("daemon") === undefined || event.Type === "daemon") &&
    matchesLabels(event.Actor.Attributes, filters.get("label"))
  );
}

/** "exec_start" is written for "exec_start: ls" too. */
function matchesAction(values: readonly string[] | undefined, action: string): boolean {
  return matchesExactly(values, action) || (action.includes(":") && matchesExactly(values, action.split(":")[0] ?? ""));
}

/** By name, or by the beginning of the id. */
function matchesActor(values: readonly string[] | undefined, type: EventType, event: EventMessage): boolean {
  if (values === undefined) return true;
  const name = event.Actor.Attributes["name"];
  return event.Type === type && values.some((value) => value === name || event.Actor.ID.startsWith(value));
}

/** The image of a container counts too, with and without its tag. */
function matchesImage(values: readonly string[] | undefined, event: EventMessage): boolean {
  if (values === undefined) return true;
  if (event.Type !== "image" && event.Type !== "container") return false;
  const name = (event.Type === "image" ? event.Actor.Attributes["name"] : event.Actor.Attributes["image"]) ?? "";
  return values.some(
    (value) => value === event.Actor.ID || value === name || normalizeReference(value) === normalizeReference(name),
  );
}
