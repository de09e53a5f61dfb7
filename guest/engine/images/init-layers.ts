import { makeInitLayer } from "../../runtime/init-layer.ts";
import type { Sys } from "../../sys/sys.ts";
import { initLayerDirectory } from "../layout.ts";
import type { Image } from "./image.ts";

/** One for each image that a container was started from. It goes with the image. */
export class InitLayers {
  readonly #sys: Sys;
  readonly #known = new Map<string, string>();

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  /** At start-up, when time is nobody's: the first start of a container would wait for it. */
  prepare(images: readonly Image[], log: (text: string) => void): void {
    for (const image of images) {
      try {
        this.of(image);
      } catch (error) {
        // The start of a container makes its own and can say why it cannot.
        log(`no init layer for ${image.id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Directory of the layer, made when it is not there. Throws RuntimeError. */
  of({ id, layers }: Image): string {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const directory = initLayerDirectory(id);
    const layer = `${directory}/diff`;
    if (!this.#sys.exists(layer)) makeInitLayer(this.#sys, layers, directory);
    this.#known.set(id, layer);
    return layer;
  }
}
