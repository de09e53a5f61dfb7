export type EventType =
  | "builder"
  | "config"
  | "container"
  | "daemon"
  | "image"
  | "network"
  | "node"
  | "plugin"
  | "secret"
  | "service"
  | "volume";

export interface EventActor {
  readonly ID: string;
  readonly Attributes: Readonly<Record<string, string>>;
}

/** One object of GET /events. `status`, `id` and `from` are the old names that Docker still sends for containers.
 *  `timeNano` exceeds what a JavaScript number holds exactly: it is right to about a microsecond. */
export interface EventMessage {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: EventType;
  readonly Action: string;
  readonly Actor: EventActor;
  readonly scope: "local" | "swarm";
  readonly time: number;
  readonly timeNano: number;
}
