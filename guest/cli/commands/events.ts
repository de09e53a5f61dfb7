import type { EventMessage } from "../../api/contract/event.ts";
import type { Flag } from "../args/flag.ts";
import { type Command, ExitError, type Invocation } from "../command.ts";
import { FILTER_FLAG, FORMAT_FLAG, filtersOption, readFilters } from "../output/format-flag.ts";
import { executeObject, openObjectTemplate } from "../output/object-template.ts";
import type { Template } from "../output/template.ts";
import { parseSince } from "../output/time.ts";

const { short: _, ...LONG_FORMAT_FLAG } = FORMAT_FLAG;

const FLAGS: readonly Flag[] = [
  { ...FILTER_FLAG, keys: ["container", "event", "image", "label", "network", "type"] },
  LONG_FORMAT_FLAG,
  { name: "since", kind: "string", usage: "Show all events created since timestamp" },
  { name: "until", kind: "string", usage: "Stream events until this timestamp" },
];

export const events: Command = {
  kind: "command",
  name: "events",
  summary: "Get real time events from the server",
  usage: "[OPTIONS]",
  flags: FLAGS,
  arity: { kind: "none" },
  aliases: ["docker system events", "docker events"],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { cli, options } = invocation;
  const format = options.text("format");
  const template = format === "" ? null : openObjectTemplate(format, () => null);
  const since = readTime(invocation, "since");
  const until = readTime(invocation, "until");
  const subscription = await cli.client.events(
    {
      ...(since === null ? {} : { since }),
      ...(until === null ? {} : { until }),
      ...filtersOption(readFilters(options.all("filter"))),
    },
    (event) => cli.print(`${template === null ? formatEvent(event) : formatWith(template, event)}\n`),
  );
  await subscription.closed;
  return 0;
}

function readTime({ cli, options }: Invocation, flag: "since" | "until"): string | null {
  const text = options.text(flag);
  if (text === "") return null;
  const time = parseSince(text, cli.now());
  if (time === null) throw new ExitError(1, `failed to parse value as time or duration: "${text}"`);
  return time;
}

function formatWith(template: Template, event: EventMessage): string {
  return executeObject(template, sortAttributes(event), "*events.Message");
}

/** A map in Go: its keys come in order. */
function sortAttributes(event: EventMessage): EventMessage {
  const attributes = Object.entries(event.Actor.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...event, Actor: { ...event.Actor, Attributes: Object.fromEntries(attributes) } };
}

/** `2026-01-01T00:00:00.123456789Z container create 8f1f… (image=busybox, name=web)`. */
function formatEvent(event: EventMessage): string {
  const { Type: type, Action: action, Actor: actor } = event;
  const attributes = Object.keys(actor.Attributes ?? {})
    .sort()
    .map((name) => `${name}=${actor.Attributes[name]}`);
  const details = attributes.length === 0 ? "" : ` (${attributes.join(", ")})`;
  return `${formatMoment(event)} ${type} ${action} ${actor.ID}${details}`;
}

function formatMoment({ time, timeNano }: EventMessage): string {
  // As it was written in the answer; as a number it would show digits that were never there.
  const nanoseconds = String(timeNano).slice(-9);
  return `${new Date(time * 1000).toISOString().slice(0, 19)}.${nanoseconds.padStart(9, "0")}Z`;
}
