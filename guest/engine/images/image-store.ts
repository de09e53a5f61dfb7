import { EngineError } from "../../api/contract/errors.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { IMAGES, OVERLAY } from "../layout.ts";
import { readJson } from "../store.ts";
import type { Image, ImageConfigFile } from "./image.ts";
import { parseReference, referenceKey } from "./reference.ts";

/** repositories.json: family name → key ("busybox:latest") → image id. */
interface Repositories {
  readonly Repositories: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const NO_REPOSITORIES: Repositories = { Repositories: {} };
const HEX_PREFIX = /^[a-f0-9]{1,64}$/;

/**
 * The images on disk, laid out as Docker's overlay2 store. Read once and kept: nobody but the engine writes there, and
 * the image of `docker run` is looked up on the fast path.
 */
export class ImageStore {
  readonly #sys: Sys;
  readonly #images = new Map<string, Image>();
  #references = new Map<string, string>();
  /** What people wrote → id: taking a reference apart is the dearer part of `docker run`'s lookup. */
  readonly #found = new Map<string, string>();

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#readRepositories();
  }

  /** Every reference and its id: another object when one has changed. */
  get references(): ReadonlyMap<string, string> {
    return this.#references;
  }

  /** By reference, id, or the beginning of an id; null when there is none. Throws "invalid" for what is no name. */
  find(name: string): Image | null {
    const known = this.#found.get(name) ?? this.#references.get(name);
    if (known !== undefined) return this.get(known);
    const id = this.#resolve(name);
    if (id === null) return null;
    this.#found.set(name, id);
    return this.get(id);
  }

  get(id: string): Image {
    let image = this.#images.get(id);
    if (image === undefined) {
      image = this.#load(id);
      this.#images.set(id, image);
    }
    return image;
  }

  /** Every image once, in the order of the references. */
  list(): readonly Image[] {
    return [...new Set(this.#references.values())].map((id) => this.get(id));
  }

  /** "busybox:latest" and the like; what `docker images` prints. */
  tagsOf(id: string): readonly string[] {
    return this.#keysOf(id).filter((key) => !key.includes("@"));
  }

  digestsOf(id: string): readonly string[] {
    return this.#keysOf(id).filter((key) => key.includes("@"));
  }

  get count(): number {
    return new Set(this.#references.values()).size;
  }

  #keysOf(id: string): string[] {
    const keys: string[] = [];
    for (const [key, value] of this.#references) if (value === id) keys.push(key);
    return keys;
  }

  #resolve(name: string): string | null {
    if (name.startsWith("sha256:")) return this.#byPrefix(name.slice(7));
    const known = HEX_PREFIX.test(name) ? this.#byPrefix(name) : null;
    if (name.length === 64 && HEX_PREFIX.test(name)) return known;
    return this.#references.get(referenceKey(parseReference(name))) ?? known;
  }

  #byPrefix(prefix: string): string | null {
    if (!HEX_PREFIX.test(prefix)) return null;
    const found = new Set<string>();
    for (const id of this.#references.values()) if (id.startsWith(prefix, 7)) found.add(id);
    return found.size === 1 ? ([...found][0] ?? null) : null;
  }

  #readRepositories(): void {
    const file = (readJson(this.#sys, `${IMAGES}/repositories.json`) ?? NO_REPOSITORIES) as Repositories;
    const references = new Map<string, string>();
    for (const tags of Object.values(file.Repositories)) {
      for (const [key, id] of Object.entries(tags)) references.set(key, id);
    }
    this.#references = references;
  }

  #load(id: string): Image {
    const file = readJson(this.#sys, `${IMAGES}/imagedb/content/sha256/${id.slice(7)}`) as ImageConfigFile | null;
    if (file === null) throw new EngineError("system", `image ${id} has no configuration in the store`);
    const chain = this.#chainIds(file.rootfs?.diff_ids ?? []);
    const layers = chain.map((chainId) => `${OVERLAY}/${this.#layerFile(chainId, "cache-id")}/diff`);
    const layerSizes = chain.map((chainId) => Number(this.#layerFile(chainId, "size")));
    const size = layerSizes.reduce((sum, bytes) => sum + bytes, 0);
    return { id, file, config: file.config ?? {}, layers, layerSizes, size };
  }

  /** image-spec, "Layer ChainID": the digest of the chain below and this layer's own. */
  #chainIds(diffIds: readonly string[]): readonly string[] {
    const chain: string[] = [];
    let parent: string | null = null;
    for (const diffId of diffIds) {
      const text: string = parent === null ? diffId : `${parent} ${diffId}`;
      parent = parent === null ? text : `sha256:${this.#sys.sha256Bytes(this.#sys.utf8Encode(text))}`;
      chain.push(parent);
    }
    return chain;
  }

  #layerFile(chainId: string, name: string): string {
    try {
      return this.#sys.readFile(`${IMAGES}/layerdb/sha256/${chainId.slice(7)}/${name}`).trim();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      throw new EngineError("system", `layer ${chainId} has no ${name} in the store: ${error.message}`);
    }
  }
}
