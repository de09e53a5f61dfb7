import type { EventLog } from "../events.ts";
import type { Container } from "./container.ts";

/** An event of a container: its labels, image and name come with it. */
export function publishContainer(
  events: EventLog,
  container: Container,
  action: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const { Labels, Image = "" } = container.config;
  events.publish("container", action, container.id, { ...Labels, ...more, image: Image, name: container.name });
}
