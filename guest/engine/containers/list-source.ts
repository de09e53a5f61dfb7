import type { Sys } from "../../sys/sys.ts";
import type { ImageStore } from "../images/image-store.ts";
import type { ContainerIndex } from "./container-index.ts";
import { descendsFrom, imageName, sizesOf } from "./image-of.ts";
import type { ListSource } from "./listing.ts";

export interface ListSourceOptions {
  readonly sys: Sys;
  readonly store: ImageStore;
  readonly index: ContainerIndex;
  readonly find: ListSource["find"];
}

/** The engine as a listing sees it, at this moment. */
export function listSource({ sys, store, index, find }: ListSourceOptions): ListSource {
  return {
    containers: index.all(),
    now: Number(sys.now()) / 1e9,
    images: store.references,
    find,
    imageName: (container) => imageName(store, container),
    descends: (container, name) => descendsFrom(store, container, name),
    sizes: (container) => sizesOf(sys, store, container),
    encode: (text) => sys.utf8Encode(text),
  };
}
