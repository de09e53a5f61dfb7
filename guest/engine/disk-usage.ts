import type { ContainerSummary } from "../api/contract/container.ts";
import type { DiskUsage } from "../api/contract/disk-usage.ts";
import { EngineError } from "../api/contract/errors.ts";
import type { ImageSummary } from "../api/contract/image.ts";
import type { Image } from "./images/image.ts";

/** What `docker system df` adds up. */
export interface DiskUsageSource {
  images(): readonly Image[];
  summaries(): readonly ImageSummary[];
  /** All of them, with their sizes. */
  containers(): readonly ContainerSummary[];
}

const CHAPTERS = new Set(["container", "image", "volume", "build-cache"]);

/** Only the chapters in `types` are worked out; without any, all. There are no volumes and no build cache here yet. */
export function readDiskUsage(source: DiskUsageSource, types: readonly string[]): DiskUsage {
  for (const type of types) {
    if (!CHAPTERS.has(type)) throw new EngineError("invalid", `unknown object type: ${type}`);
  }
  const wants = (chapter: string): boolean => types.length === 0 || types.includes(chapter);
  const containers = wants("container") || wants("image") ? source.containers() : [];
  const layers = new Layers(wants("image") ? source.images() : []);
  return {
    LayersSize: layers.total,
    Images: wants("image") ? source.summaries().map((image) => withUsage(image, layers, containers)) : null,
    Containers: wants("container") ? containers : null,
    Volumes: wants("volume") ? [] : null,
    BuildCache: wants("build-cache") ? [] : null,
  };
}

/** Layers by their directory: images that stand on each other share them. */
class Layers {
  readonly #users = new Map<string, { readonly size: number; count: number }>();
  readonly #images: ReadonlyMap<string, Image>;

  constructor(images: readonly Image[]) {
    this.#images = new Map(images.map((image) => [image.id, image]));
    for (const image of images) {
      image.layers.forEach((layer, at) => {
        const user = this.#users.get(layer);
        if (user !== undefined) user.count += 1;
        else this.#users.set(layer, { size: image.layerSizes[at] ?? 0, count: 1 });
      });
    }
  }

  get total(): number {
    return [...this.#users.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes of an image that others have too. */
  sharedBy(id: string): number {
    const users = (this.#images.get(id)?.layers ?? []).map((layer) => this.#users.get(layer));
    return users.reduce((sum, user) => sum + (user !== undefined && user.count > 1 ? user.size : 0), 0);
  }
}

function withUsage(image: ImageSummary, layers: Layers, containers: readonly ContainerSummary[]): ImageSummary {
  const users = containers.filter(({ ImageID }) => ImageID === image.Id);
  return { ...image, SharedSize: layers.sharedBy(image.Id), Containers: users.length };
}
