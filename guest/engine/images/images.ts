import { ZERO_TIME } from "../../api/contract/container.ts";
import { EngineError } from "../../api/contract/errors.ts";
import type { ImageInspect, ImageSummary } from "../../api/contract/image.ts";
import { type Filters, matchesLabels, requireKnown } from "../filters.ts";
import { parseDate } from "../time.ts";
import type { Image } from "./image.ts";
import type { ImageStore } from "./image-store.ts";
import { parseReference, referenceKey } from "./reference.ts";

const KNOWN = new Set(["reference", "label", "dangling", "before", "since"]);

/** `docker images` and `docker image inspect`. */
export class Images {
  readonly #store: ImageStore;

  constructor(store: ImageStore) {
    this.#store = store;
  }

  /** Throws Docker's `No such image`. */
  require(name: string): Image {
    const image = this.#store.find(name);
    if (image !== null) return image;
    throw new EngineError("notFound", `No such image: ${describe(name)}`);
  }

  list(query: { readonly all: boolean; readonly filters: Filters }): readonly ImageSummary[] {
    requireKnown(query.filters, KNOWN);
    const { filters } = query;
    const before = this.#limit(filters.get("before"));
    const since = this.#limit(filters.get("since"));
    return this.#store
      .list()
      .filter((image) => {
        const created = createdSeconds(image);
        return (
          matchesLabels(image.config.Labels, filters.get("label")) &&
          this.#matchesReference(image, filters.get("reference")) &&
          !wantsDangling(filters.get("dangling")) &&
          (before === null || created < before) &&
          (since === null || created > since)
        );
      })
      .map((image) => this.#summary(image))
      .sort((a, b) => b.Created - a.Created);
  }

  inspect(name: string): ImageInspect {
    const image = this.require(name);
    const { file, config } = image;
    const top = image.layers.at(-1) ?? "";
    const lower = image.layers.slice(0, -1).reverse().join(":");
    const layer = top.slice(0, -"/diff".length);
    return {
      Id: image.id,
      RepoTags: this.#store.tagsOf(image.id),
      RepoDigests: this.#store.digestsOf(image.id),
      Parent: file.parent ?? "",
      Comment: file.comment ?? "",
      Created: file.created ?? ZERO_TIME,
      DockerVersion: file.docker_version ?? "",
      Author: file.author ?? "",
      Config: completeConfig(config),
      Architecture: file.architecture ?? "",
      ...(file.variant === undefined ? {} : { Variant: file.variant }),
      Os: file.os ?? "",
      Size: image.size,
      GraphDriver: {
        Data: {
          ...(lower === "" ? {} : { LowerDir: lower }),
          MergedDir: `${layer}/merged`,
          UpperDir: top,
          WorkDir: `${layer}/work`,
        },
        Name: "overlay2",
      },
      RootFS: { Type: "layers", Layers: file.rootfs?.diff_ids ?? [] },
      Metadata: { LastTagTime: ZERO_TIME },
    };
  }

  /** Pulling needs networks and a registry client: a later stage of the house. Said plainly, and nothing is changed. */
  pull(request: { readonly image: string; readonly tag: string; readonly platform: string }): void {
    if (request.image === "") throw new EngineError("invalid", "invalid reference format");
    const separator = request.tag.includes(":") ? "@" : ":";
    const reference = parseReference(request.tag === "" ? request.image : request.image + separator + request.tag);
    throw new EngineError(
      "notFound",
      `pull access denied for ${reference.familiar}, repository does not exist or may require 'docker login': ` +
        "this engine cannot pull yet, it has the images that came with the machine (see docker images)",
    );
  }

  #summary(image: Image): ImageSummary {
    return {
      Containers: -1,
      Created: createdSeconds(image),
      Id: image.id,
      Labels: image.config.Labels ?? null,
      ParentId: image.file.parent ?? "",
      RepoDigests: this.#store.digestsOf(image.id),
      RepoTags: this.#store.tagsOf(image.id),
      SharedSize: -1,
      Size: image.size,
    };
  }

  #limit(names: readonly string[] | undefined): number | null {
    const name = names?.[0];
    return name === undefined ? null : createdSeconds(this.require(name));
  }

  /** Shell patterns on "name" or "name:tag": path.Match of Go. */
  #matchesReference(image: Image, patterns: readonly string[] | undefined): boolean {
    if (patterns === undefined) return true;
    const tags = this.#store.tagsOf(image.id);
    return patterns.some((pattern) => {
      const expression = globExpression(pattern);
      return tags.some((tag) => expression.test(tag) || expression.test(tag.slice(0, tag.lastIndexOf(":"))));
    });
  }
}

/** Every image here has a tag. */
function wantsDangling(values: readonly string[] | undefined): boolean {
  const value = values?.[0];
  return value === "true" || value === "1";
}

function createdSeconds(image: Image): number {
  const at = parseDate(image.file.created ?? "");
  return at === null ? 0 : Number(at / 1_000_000_000n);
}

function globExpression(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  try {
    return new RegExp(`^${body}$`);
  } catch {
    throw new EngineError("invalid", `syntax error in pattern: ${JSON.stringify(pattern)}`);
  }
}

/** How Docker names what it did not find: always with a tag. */
function describe(name: string): string {
  return name.startsWith("sha256:") ? name : referenceKey(parseReference(name));
}

/** Docker prints every field of a configuration, also those that an image leaves out. */
export function completeConfig(config: Image["config"]): Image["config"] {
  return {
    Hostname: "",
    Domainname: "",
    User: "",
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: null,
    Cmd: null,
    Image: "",
    Volumes: null,
    WorkingDir: "",
    Entrypoint: null,
    OnBuild: null,
    Labels: null,
    ...config,
  };
}
