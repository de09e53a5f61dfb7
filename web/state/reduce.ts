import type { ContainerStatus, ContainerSummary } from "../../guest/api/contract/container.ts";
import type { EventMessage } from "../../guest/api/contract/event.ts";
import type { Port } from "../../guest/api/contract/network.ts";
import { type ContainerRow, type EngineSnapshot, emptySnapshot } from "./engine-snapshot.ts";

/** What can happen to the page's picture of the engine. */
export type EngineChange =
  /** The machine was reset: nothing is known any more. */
  | { readonly kind: "reset" }
  /** The engine does not answer. What was last seen stays in view; who never answered is still waited for. */
  | { readonly kind: "lost" }
  /** The whole truth, from GET /containers/json?all=1. */
  | { readonly kind: "listed"; readonly containers: readonly ContainerSummary[] }
  /** One change, from GET /events: shown at once, made exact by the list that follows. */
  | { readonly kind: "event"; readonly message: EventMessage };

/** The next snapshot. Gives the same object back when nothing changed. */
export function reduce(snapshot: EngineSnapshot, change: EngineChange): EngineSnapshot {
  switch (change.kind) {
    case "reset":
      return emptySnapshot;
    case "lost":
      return snapshot.connection === "connected" ? { ...snapshot, connection: "lost" } : snapshot;
    case "listed":
      return applyList(snapshot, change.containers.map(toRow));
    case "event":
      return change.message.Type === "container" ? applyEvent(snapshot, change.message) : snapshot;
  }
}

function applyList(snapshot: EngineSnapshot, containers: readonly ContainerRow[]): EngineSnapshot {
  const same =
    snapshot.connection === "connected" && JSON.stringify(containers) === JSON.stringify(snapshot.containers);
  return same ? snapshot : { ...snapshot, connection: "connected", containers };
}

function applyEvent(snapshot: EngineSnapshot, message: EventMessage): EngineSnapshot {
  const { ID: id, Attributes: attributes } = message.Actor;
  const name = attributes["name"] ?? id.slice(0, 12);
  switch (message.Action) {
    case "create":
      return announce(withRow(snapshot, createdRow(id, name, attributes["image"] ?? "")), `${name} was created`);
    case "start":
      return announce(withState(snapshot, id, "running", "Up Less than a second"), `${name} is running`);
    case "unpause":
      return announce(withState(snapshot, id, "running", "Up"), `${name} is running`);
    case "pause":
      return announce(withState(snapshot, id, "paused", "Up (Paused)"), `${name} is paused`);
    case "die": {
      const code = attributes["exitCode"] ?? "0";
      const status = `Exited (${code}) Less than a second ago`;
      return announce(withState(snapshot, id, "exited", status), `${name} ended with status ${code}`);
    }
    case "rename":
      return { ...snapshot, containers: snapshot.containers.map((row) => (row.id === id ? { ...row, name } : row)) };
    case "destroy": {
      const containers = snapshot.containers.filter((row) => row.id !== id);
      return announce({ ...snapshot, containers }, `${name} was removed`);
    }
    default:
      return snapshot;
  }
}

/** Does this event change what the list would say? */
export function changesList(message: EventMessage): boolean {
  const actions = ["create", "start", "restart", "die", "destroy", "rename", "pause", "unpause", "update"];
  return (
    message.Type === "container" && (actions.includes(message.Action) || message.Action.startsWith("health_status"))
  );
}

function announce(snapshot: EngineSnapshot, announcement: string): EngineSnapshot {
  return { ...snapshot, announcement };
}

function createdRow(id: string, name: string, image: string): ContainerRow {
  return { id, name, image, command: "", state: "created", status: "Created", ports: [] };
}

function withRow(snapshot: EngineSnapshot, row: ContainerRow): EngineSnapshot {
  const others = snapshot.containers.filter(({ id }) => id !== row.id);
  return { ...snapshot, containers: [row, ...others] };
}

function withState(snapshot: EngineSnapshot, id: string, state: ContainerStatus, status: string): EngineSnapshot {
  const containers = snapshot.containers.map((row) => (row.id === id ? { ...row, state, status } : row));
  return { ...snapshot, containers };
}

function toRow(container: ContainerSummary): ContainerRow {
  return {
    id: container.Id,
    name: (container.Names[0] ?? container.Id.slice(0, 12)).replace(/^\//, ""),
    image: container.Image,
    command: container.Command,
    state: container.State,
    status: container.Status,
    ports: container.Ports.map(formatPort),
  };
}

function formatPort({ IP: ip, PrivatePort: inside, PublicPort: outside, Type: type }: Port): string {
  return outside === undefined ? `${inside}/${type}` : `${ip ?? "0.0.0.0"}:${outside}->${inside}/${type}`;
}
