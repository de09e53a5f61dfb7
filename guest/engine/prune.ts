import type {
  BuildPruneResponse,
  ImagePruneResponse,
  NetworkPruneResponse,
  VolumePruneResponse,
} from "../api/contract/disk-usage.ts";
import { EngineError } from "../api/contract/errors.ts";
import { type Filters, requireKnown } from "./filters.ts";

const OF_IMAGES = new Set(["dangling", "label", "label!", "until"]);
const OF_NETWORKS = new Set(["label", "label!", "until"]);
const OF_VOLUMES = new Set(["all", "label", "label!"]);

/** Every image of this store has a name, so none dangles; those with a name are not removed yet, and that is said. */
export function pruneImages(filters: Filters): ImagePruneResponse {
  requireKnown(filters, OF_IMAGES);
  const [dangling = "true"] = filters.get("dangling") ?? [];
  if (dangling === "false" || dangling === "0") {
    throw new EngineError("notImplemented", "removing images that have a name: not supported by this engine yet");
  }
  return { ImagesDeleted: null, SpaceReclaimed: 0 };
}

/** The predefined networks are never pruned, and there are no others. */
export function pruneNetworks(filters: Filters): NetworkPruneResponse {
  requireKnown(filters, OF_NETWORKS);
  return { NetworksDeleted: null };
}

/** There are none: this engine binds directories only. */
export function pruneVolumes(filters: Filters): VolumePruneResponse {
  requireKnown(filters, OF_VOLUMES);
  return { VolumesDeleted: [], SpaceReclaimed: 0 };
}

/** Nothing has been built. Docker's cache passes by filters that it does not know: `system prune` sends it those of all. */
export function pruneBuildCache(_filters: Filters): BuildPruneResponse {
  return { CachesDeleted: null, SpaceReclaimed: 0 };
}
