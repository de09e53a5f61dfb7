import type { ContainerSummary } from "./container.ts";
import type { ImageSummary } from "./image.ts";

/** Swagger SystemDataUsageResponse: GET /system/df. Bytes. A chapter that was not asked for is null. */
export interface DiskUsage {
  /** Of all layers of all images, each counted once. */
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerSummary[] | null;
  readonly Volumes: readonly VolumeUsage[] | null;
  readonly BuildCache: readonly BuildCacheUsage[] | null;
}

/** Swagger Volume, as far as its size goes. */
export interface VolumeUsage {
  readonly Name: string;
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

/** Swagger BuildCache, as far as its size goes. */
export interface BuildCacheUsage {
  readonly ID: string;
  readonly Type: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string | null;
  readonly UsageCount: number;
}

/** Swagger ImagePruneResponse, NetworkPruneResponse, VolumePruneResponse, BuildPruneResponse. */
export interface ImagePruneResponse {
  readonly ImagesDeleted: readonly { readonly Untagged?: string; readonly Deleted?: string }[] | null;
  readonly SpaceReclaimed: number;
}

export interface NetworkPruneResponse {
  readonly NetworksDeleted: readonly string[] | null;
}

export interface VolumePruneResponse {
  readonly VolumesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}

export interface BuildPruneResponse {
  readonly CachesDeleted: readonly string[] | null;
  readonly SpaceReclaimed: number;
}
