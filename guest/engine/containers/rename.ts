import { EngineError } from "../../api/contract/errors.ts";
import type { Sys } from "../../sys/sys.ts";
import { translated, translatedAs } from "../errors.ts";
import type { EventLog } from "../events.ts";
import { containerPaths } from "../layout.ts";
import { writeJson } from "../store.ts";
import type { Container } from "./container.ts";
import type { NameIndex } from "./names.ts";
import { publishContainer } from "./publish.ts";

export interface RenameContext {
  readonly sys: Sys;
  readonly names: NameIndex;
  readonly events: EventLog;
}

/** `docker rename`. The container's host name and whoever shares its namespaces go by its id: nothing of that changes. */
export function renameContainer({ sys, names, events }: RenameContext, container: Container, wanted: string): void {
  const oldName = container.name;
  const slashed = wanted.startsWith("/") ? wanted : `/${wanted}`;
  if (slashed === `/${oldName}`) {
    throw new EngineError("invalid", "Renaming a container with the same name as its current name");
  }
  const name = translatedAs("Error when allocating new name", () => names.reserve(slashed, container.id));
  const record = { ...container.record, Name: name };
  try {
    translated(() => writeJson(sys, containerPaths(container.id).config, record));
  } catch (error) {
    names.release(name, container.id);
    throw error;
  }
  container.record = record;
  names.release(oldName, container.id);
  publishContainer(events, container, "rename", { oldName: `/${oldName}` });
}
