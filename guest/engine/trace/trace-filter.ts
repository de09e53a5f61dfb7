import type { TraceSubject } from "../../sys/trace.ts";

/** What a reader of the trace wants to know. */
export class TraceFilter {
  readonly #container: string | null;
  readonly #client: string | null;
  /** Those that the client's requests were about. */
  readonly #containers = new Set<string>();

  /** Null: of any. */
  constructor(container: string | null, client: string | null) {
    this.#container = container;
    this.#client = client;
  }

  wantsRequest(client: string): boolean {
    return this.#container === null && (this.#client === null || this.#client === client);
  }

  wants(subject: TraceSubject | null): boolean {
    if (this.#container !== null && subject?.container !== this.#container) return false;
    return this.#client === null || (subject !== null && this.#belongsToClient(subject, this.#client));
  }

  #belongsToClient({ container, asked, client }: TraceSubject, wanted: string): boolean {
    if (asked && client !== wanted) return false;
    if (asked && container !== null) this.#containers.add(container);
    // What the engine does by itself: the end of a container, its removal.
    return asked || (container !== null && this.#containers.has(container));
  }
}
