/** What a container and the image that it was made from have to say about each other. */
import type { Sys } from "../../sys/sys.ts";
import type { ImageStore } from "../images/image-store.ts";
import { normalizeReference } from "../images/reference.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";

/** The name that was given, as long as it still means the same image. */
export function imageName(store: ImageStore, { config, record }: Container): string {
  const name = config.Image ?? "";
  return store.find(name)?.id === record.Image ? name : record.Image;
}

/** `--filter ancestor`: made from that image, or from one that was built on it. */
export function descendsFrom(store: ImageStore, { config, record }: Container, name: string): boolean {
  const image = store.find(name);
  if (image === null) return normalizeReference(name) === normalizeReference(config.Image ?? "");
  if (image.id === record.Image) return true;
  const { layers } = store.get(record.Image);
  return image.layers.length > 0 && image.layers.every((layer, at) => layer === layers[at]);
}

/** Bytes of the writable layer, and of all layers. */
export function sizesOf(
  sys: Sys,
  store: ImageStore,
  { id, record }: Container,
): { readonly SizeRw: number; readonly SizeRootFs: number } {
  const SizeRw = sys.diskUsage(containerPaths(id).upper).bytes;
  return { SizeRw, SizeRootFs: SizeRw + store.get(record.Image).size };
}
