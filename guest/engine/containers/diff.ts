import type { FilesystemChange } from "../../api/contract/container.ts";
import { readChanges } from "../../runtime/changes.ts";
import { fdPath } from "../../runtime/in-root.ts";
import { openLayers } from "../../runtime/overlay.ts";
import type { Sys } from "../../sys/sys.ts";
import type { ImageStore } from "../images/image-store.ts";
import type { InitLayers } from "../images/init-layers.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";

/** What a look at a container's layers needs of the engine. */
export interface LayerSource {
  readonly sys: Sys;
  readonly store: ImageStore;
  readonly initLayers: InitLayers;
}

const KINDS = { changed: 0, added: 1, deleted: 2 } as const;

/** `docker diff`, of a container that runs or not: its writable layer against all that is below. */
export function diffContainer(source: LayerSource, container: Container): readonly FilesystemChange[] {
  const { sys } = source;
  const lower = openLayers(sys, layersBelow(source, container));
  try {
    const changes = readChanges(sys, containerPaths(container.id).upper, fdPath(lower));
    return changes.map(({ kind, path }) => ({ Path: path, Kind: KINDS[kind] }));
  } finally {
    sys.close(lower);
  }
}

/** The image's layers and the "-init" layer, which keeps mount points out of the answer. */
export function layersBelow({ store, initLayers }: LayerSource, { record }: Container): readonly string[] {
  const image = store.get(record.Image);
  return [...image.layers, initLayers.of(image)];
}
