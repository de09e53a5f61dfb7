import { expect, test } from "vitest";
import type { ContainerSummary } from "../../../../guest/api/contract/container.ts";
import type { ImageSummary } from "../../../../guest/api/contract/image.ts";
import { readDiskUsage } from "../../../../guest/engine/disk-usage.ts";
import type { Image } from "../../../../guest/engine/images/image.ts";
import { pruneBuildCache, pruneImages, pruneNetworks, pruneVolumes } from "../../../../guest/engine/prune.ts";

function image(id: string, layers: readonly string[], layerSizes: readonly number[]): Image {
  return { id, file: {}, config: {}, layers, layerSizes, size: layerSizes.reduce((sum, size) => sum + size, 0) };
}

const IMAGES = [image("one", ["base", "one"], [100, 10]), image("two", ["base", "two"], [100, 20])];
const source = {
  images: () => IMAGES,
  summaries: () => IMAGES.map(({ id, size }) => ({ Id: id, Size: size }) as ImageSummary),
  containers: () => [{ ImageID: "one" }, { ImageID: "one" }] as ContainerSummary[],
};

test("a layer of two images is counted once, and is shared by both", () => {
  const usage = readDiskUsage(source, []);
  expect(usage.LayersSize).toBe(130);
  expect(usage.Images).toMatchObject([
    { Id: "one", SharedSize: 100, Containers: 2 },
    { Id: "two", SharedSize: 100, Containers: 0 },
  ]);
  expect([usage.Containers?.length, usage.Volumes, usage.BuildCache]).toEqual([2, [], []]);
});

test("only the chapters that are asked for are told", () => {
  expect(readDiskUsage(source, ["volume"])).toEqual({
    LayersSize: 0,
    Images: null,
    Containers: null,
    Volumes: [],
    BuildCache: null,
  });
  expect(() => readDiskUsage(source, ["shoe"])).toThrow("unknown object type: shoe");
});

test("there is nothing to prune but containers, and images with a name are not removed without a word", () => {
  const none = new Map();
  expect(pruneImages(none)).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
  expect(() => pruneImages(new Map([["dangling", ["false"]]]))).toThrow("not supported by this engine yet");
  expect(pruneNetworks(none)).toEqual({ NetworksDeleted: null });
  expect(pruneVolumes(none)).toEqual({ VolumesDeleted: [], SpaceReclaimed: 0 });
  expect(pruneBuildCache(new Map([["label", ["a"]]]))).toEqual({ CachesDeleted: null, SpaceReclaimed: 0 });
  for (const prune of [pruneImages, pruneNetworks, pruneVolumes]) {
    expect(() => prune(new Map([["shoe", ["1"]]]))).toThrow("invalid filter 'shoe'");
  }
});
