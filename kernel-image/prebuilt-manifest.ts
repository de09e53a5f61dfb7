/** prebuilt/manifest.json: what each file is, from what, by which recipe. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Package } from "./debian.ts";
import { ROOT } from "./paths.ts";
import type { PieceName } from "./piece.ts";

export const PREBUILT_FOLDER = join(ROOT, "kernel-image/prebuilt");
const FILE = join(PREBUILT_FOLDER, "manifest.json");

export interface PrebuiltManifest {
  /** Digest of each piece's inputs, as they were when it was built. */
  readonly recipes: Readonly<Partial<Record<PieceName, string>>>;
  readonly files: Readonly<Record<string, PrebuiltFile>>;
}

export interface PrebuiltFile {
  readonly piece: PieceName;
  readonly sources: readonly Package[];
  readonly compiler: string | null;
  /** Digest of the configuration; null when there is none. */
  readonly config: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

export function readManifest(): PrebuiltManifest {
  return JSON.parse(readFileSync(FILE, "utf8")) as PrebuiltManifest;
}

export function writeManifest(manifest: PrebuiltManifest): void {
  writeFileSync(FILE, `${JSON.stringify(manifest, null, 2)}\n`);
}
