/** A part of prebuilt/ that can be built by itself. */
import type { DebianArchive, Package } from "./debian.ts";
import type { Input } from "./stage.ts";

export interface Piece {
  readonly name: PieceName;
  /** What decides the result, besides Debian's sources and the compiler. */
  readonly inputs: readonly Input[];
  /** Tools that must be there, each with its Debian package. */
  readonly tools: Readonly<Record<string, string>>;
  build(workshop: Workshop): PieceResult;
}

export type PieceName = "kernel" | "host" | "busybox" | "firmware";

/** Where a piece is built. */
export interface Workshop {
  readonly archive: DebianArchive;
  /** Empty at the start. */
  readonly folder: string;
  readonly log: string;
  readonly jobs: number;
}

export interface PieceResult {
  readonly sources: readonly Package[];
  /** Path of each file as built, by its name in prebuilt/. */
  readonly files: Readonly<Record<string, string>>;
  /** Version line of the compiler; null when nothing was compiled. */
  readonly compiler: string | null;
  /** The configuration that decided most: its digest stands in the manifest. */
  readonly config?: string;
}

/** Nothing that is built may know when, where or by whom. */
export const REPRODUCIBLE: Readonly<Record<string, string>> = {
  SOURCE_DATE_EPOCH: "1735689600",
  KBUILD_BUILD_TIMESTAMP: "2025-01-01T00:00:00Z",
  KBUILD_BUILD_USER: "drydock",
  KBUILD_BUILD_HOST: "drydock",
  KBUILD_BUILD_VERSION: "1",
};
