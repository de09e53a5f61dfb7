/**
 * The images that come with the machine, unpacked where the engine looks for them. Each folder of images/ is a recipe:
 * image.json says what is in it. The layout is Docker's own (/var/lib/docker with the overlay2 driver); all ids are
 * digests, so the same content has the same id everywhere.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { busyboxLinks } from "./busybox-links.ts";
import { packCpio } from "./cpio.ts";
import { sha256 } from "./digest.ts";
import { helloProgram } from "./hello-program.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";
import { readFolder } from "./read-folder.ts";
import type { Stage } from "./stage.ts";
import { packTar } from "./tar.ts";
import { below, completeTree, type TreeEntry } from "./tree.ts";

export const IMAGES_ARCHIVE = "build/rootfs/images.cpio";

const RECIPES = join(ROOT, "kernel-image/images");
const STORE = "var/lib/docker";
const IMAGE_STORE = `${STORE}/image/overlay2`;
/** Images have no clock: what is built from the same files is the same image. */
const CREATED = "2025-01-01T00:00:00Z";
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** image.json. */
interface Recipe {
  readonly repository: string;
  readonly tag: string;
  /** The `config` of an OCI image: what a container does by default. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly content: readonly Content[];
}

/** Paths are inside the image, `from` and `text` are beside image.json. */
type Content =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "folder"; readonly path: string; readonly from: string }
  | { readonly kind: "busybox" }
  | { readonly kind: "hello-program"; readonly path: string; readonly text: string };

export const imagesStage: Stage = {
  name: "images",
  title: "making the images that come along",
  inputs: [
    "kernel-image/images.ts",
    "kernel-image/busybox-links.ts",
    "kernel-image/cpio.ts",
    "kernel-image/elf.ts",
    "kernel-image/hello-program.ts",
    "kernel-image/tar.ts",
    "kernel-image/tree.ts",
    { folder: "kernel-image/images" },
    PREBUILT.busybox,
    PREBUILT.busyboxLinks,
  ],
  async run() {
    const path = join(ROOT, IMAGES_ARCHIVE);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, packCpio(completeTree(await imageStore())));
    return [IMAGES_ARCHIVE];
  },
};

async function imageStore(): Promise<readonly TreeEntry[]> {
  const names = (await readdir(RECIPES, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const images = await Promise.all(names.map(({ name }) => buildImage(join(RECIPES, name))));
  const repositories = images.map(({ recipe, id }): [string, Record<string, string>] => [
    recipe.repository,
    { [`${recipe.repository}:${recipe.tag}`]: `sha256:${id}` },
  ]);
  return [
    ...images.flatMap((image) => image.entries),
    textFile(`${IMAGE_STORE}/repositories.json`, JSON.stringify({ Repositories: Object.fromEntries(repositories) })),
  ];
}

interface Image {
  readonly recipe: Recipe;
  /** Digest of its configuration, as everywhere in Docker. */
  readonly id: string;
  readonly entries: readonly TreeEntry[];
}

async function buildImage(folder: string): Promise<Image> {
  const recipe = JSON.parse(await readFile(join(folder, "image.json"), "utf8")) as Recipe;
  const layer = completeTree((await Promise.all(recipe.content.map((content) => readContent(folder, content)))).flat());
  const diffId = sha256(packTar(layer));
  const configuration = JSON.stringify(imageConfiguration(recipe, diffId));
  const id = sha256(configuration);
  const entries = [
    textFile(`${IMAGE_STORE}/imagedb/content/sha256/${id}`, configuration),
    ...storeLayer(diffId, layer),
  ];
  return { recipe, id, entries };
}

async function readContent(folder: string, content: Content): Promise<readonly TreeEntry[]> {
  switch (content.kind) {
    case "directory":
      return [content];
    case "folder": {
      const tree = await readFolder(join(folder, content.from));
      return content.path === "" ? tree : below(content.path, tree);
    }
    case "busybox":
      return [
        { kind: "file", path: "bin/busybox", mode: 0o755, content: await readFile(join(ROOT, PREBUILT.busybox)) },
        ...busyboxLinks(await readFile(join(ROOT, PREBUILT.busyboxLinks), "utf8"), "bin/busybox"),
      ];
    case "hello-program": {
      const text = await readFile(join(folder, content.text), "utf8");
      return [{ kind: "file", path: content.path, mode: 0o755, content: helloProgram(text) }];
    }
  }
}

/** OCI image specification, "Image Configuration". */
function imageConfiguration(recipe: Recipe, diffId: string): unknown {
  return {
    architecture: "386",
    config: { Env: [PATH], ...recipe.config },
    created: CREATED,
    history: [{ created: CREATED, created_by: `drydock ${recipe.repository}` }],
    os: "linux",
    rootfs: { type: "layers", diff_ids: [`sha256:${diffId}`] },
  };
}

/** A lowest layer: its chain id is its diff id, and it has no parent. */
function storeLayer(diffId: string, layer: readonly TreeEntry[]): readonly TreeEntry[] {
  const cacheId = sha256(`layer ${diffId}`);
  const size = layer.reduce((sum, entry) => sum + (entry.kind === "file" ? entry.content.length : 0), 0);
  const database = `${IMAGE_STORE}/layerdb/sha256/${diffId}`;
  return [
    textFile(`${database}/cache-id`, cacheId),
    textFile(`${database}/diff`, `sha256:${diffId}`),
    textFile(`${database}/size`, String(size)),
    { kind: "directory", path: `${STORE}/overlay2/${cacheId}/diff`, mode: 0o755 },
    ...below(`${STORE}/overlay2/${cacheId}/diff`, layer),
  ];
}

function textFile(path: string, text: string): TreeEntry {
  return { kind: "file", path, mode: 0o644, content: Buffer.from(text) };
}
