/**
 * Builds what needs a compiler, on a Debian machine, into prebuilt/:
 *   npm run build:kernel                    everything
 *   npm run build:kernel -- host busybox    these pieces only
 *   npm run build:kernel -- --verify        builds apart and compares byte for byte with what is there
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { withLock } from "./build-lock.ts";
import { requireTools } from "./command.ts";
import { DebianArchive, type Package } from "./debian.ts";
import { sha256 } from "./digest.ts";
import { requireLibrary32 } from "./library32.ts";
import { ROOT } from "./paths.ts";
import type { Piece, PieceName, PieceResult } from "./piece.ts";
import {
  PREBUILT_FOLDER,
  type PrebuiltFile,
  type PrebuiltManifest,
  readManifest,
  writeManifest,
} from "./prebuilt-manifest.ts";
import { PIECES, recipeDigest } from "./recipe.ts";

const WORK = join(ROOT, "build/prebuilt");
const EXECUTABLE: ReadonlySet<string> = new Set(["drydock", "drydock-tools", "busybox"]);

const args = process.argv.slice(2);
const verify = args.includes("--verify");
const pieces = choosePieces(args.filter((arg) => arg !== "--verify"));
const differing = await withLock(
  join(WORK, "lock"),
  () => buildPieces(),
  (pid) => process.stderr.write(`• waiting for process ${pid}, which builds, too\n`),
);
process.exitCode = differing === 0 ? 0 : 1;

/** Gives the number of files that should have come out the same and did not. */
async function buildPieces(): Promise<number> {
  const archive = new DebianArchive(join(WORK, "debian"));
  let wrong = 0;
  for (const piece of pieces) {
    const started = Date.now();
    requireTools(piece.tools);
    if ("ld" in piece.tools) requireLibrary32();
    // Before: an input that is changed meanwhile must not count as built.
    const recipe = await recipeDigest(piece);
    process.stderr.write(`• ${piece.name}: building …\n`);
    const result = buildPiece(piece, archive);
    process.stderr.write(`• ${piece.name}: built in ${Math.round((Date.now() - started) / 1000)} s\n`);
    if (verify) wrong += comparePiece(piece, result);
    else keepPiece(piece, result, recipe);
  }
  return wrong;
}

function choosePieces(names: readonly string[]): readonly Piece[] {
  const unknown = names.find((name) => !PIECES.some((piece) => piece.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no piece "${unknown}"; the pieces are ${PIECES.map(({ name }) => name).join(", ")}`);
  return names.length === 0 ? PIECES : PIECES.filter(({ name }) => names.includes(name));
}

function buildPiece(piece: Piece, archive: DebianArchive): PieceResult {
  const folder = join(WORK, piece.name);
  const log = join(WORK, `${piece.name}.log`);
  rmSync(folder, { recursive: true, force: true });
  rmSync(log, { force: true });
  mkdirSync(folder, { recursive: true });
  return piece.build({ archive, folder, log, jobs: availableParallelism() });
}

function keepPiece(piece: Piece, result: PieceResult, recipe: string): void {
  const manifest = currentManifest();
  const files: Record<string, PrebuiltFile> = Object.fromEntries(
    Object.entries(manifest.files).filter(([, file]) => file.piece !== piece.name),
  );
  for (const [name, path] of Object.entries(result.files)) {
    files[name] = describeFile(piece.name, path, result);
    // By rename: somebody may be reading the old one.
    const temporary = join(PREBUILT_FOLDER, `${name}.new`);
    copyFileSync(path, temporary);
    chmodSync(temporary, EXECUTABLE.has(name) ? 0o755 : 0o644);
    renameSync(temporary, join(PREBUILT_FOLDER, name));
  }
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeManifest({ recipes: { ...manifest.recipes, [piece.name]: recipe }, files: sorted });
}

function currentManifest(): PrebuiltManifest {
  mkdirSync(PREBUILT_FOLDER, { recursive: true });
  try {
    return readManifest();
  } catch {
    return { recipes: {}, files: {} };
  }
}

function describeFile(piece: PieceName, path: string, { sources, compiler, config }: PieceResult): PrebuiltFile {
  const content = readFileSync(path);
  const digest = config === undefined ? null : sha256(config);
  return { piece, sources, compiler, config: digest, bytes: content.length, sha256: sha256(content) };
}

/** Says for each file whether it came out the same; gives the number of those that should have and did not. */
function comparePiece(piece: Piece, result: PieceResult): number {
  const { files } = readManifest();
  let wrong = 0;
  for (const [name, path] of Object.entries(result.files)) {
    const recorded = files[name];
    const built = describeFile(piece.name, path, result);
    const reason = recorded === undefined ? "it is not in the manifest" : incomparable(recorded, built);
    const same = recorded?.sha256 === built.sha256;
    if (!same && reason === null) wrong++;
    const outcome = same ? "the same, byte for byte" : reason === null ? "DIFFERENT" : `cannot be compared: ${reason}`;
    process.stdout.write(`${name}: ${outcome}\n`);
  }
  return wrong;
}

/** Why a different result would prove nothing; null when it would. */
function incomparable(recorded: PrebuiltFile, built: PrebuiltFile): string | null {
  const list = (sources: readonly Package[]): string =>
    sources.map(({ name, version }) => `${name} ${version}`).join(", ");
  if (list(recorded.sources) !== list(built.sources))
    return `it was built from ${list(recorded.sources)}; Debian now serves ${list(built.sources)}`;
  if (recorded.compiler !== built.compiler) return `it was built by ${recorded.compiler}; here is ${built.compiler}`;
  return null;
}
