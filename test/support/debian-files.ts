/** Programs of Debian's i386 packages for the guest: fetched through the build's private apt root, when there is a net. */
import { copyFileSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { withLock } from "../../kernel-image/build-lock.ts";
import { DebianArchive } from "../../kernel-image/debian.ts";

const BUILD = resolve(import.meta.dirname, "../../build");
const LIBRARIES = "lib/i386-linux-gnu";

export interface DebianFiles {
  /** Folder below build/. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Paths in the guest, and where the packages have them. */
  readonly files: Readonly<Record<string, string>>;
  /** Shared libraries, "libc.so.6"; the dynamic linker comes along. */
  readonly libraries: readonly string[];
}

/** Either a folder to put into the guest at /, or why there is none. */
export type Fetched =
  | { readonly kind: "here"; readonly folder: string }
  | { readonly kind: "missing"; readonly reason: string };

/** Test files run side by side, and an apt root is for one at a time. */
export async function fetchDebianFiles(wanted: DebianFiles): Promise<Fetched> {
  const folder = join(BUILD, wanted.name, "guest");
  try {
    if (guestPaths(wanted).some((path) => !existsSync(join(folder, path)))) {
      await withLock(
        join(BUILD, "debian.lock"),
        async () => fetchInto(folder, wanted),
        () => {},
      );
    }
    return { kind: "here", folder };
  } catch (error) {
    return { kind: "missing", reason: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" };
  }
}

export function guestPaths(wanted: DebianFiles): readonly string[] {
  return Object.keys(sources(wanted));
}

function sources({ files, libraries }: DebianFiles): Readonly<Record<string, string>> {
  return {
    ...files,
    "lib/ld-linux.so.2": `usr/${LIBRARIES}/ld-linux.so.2`,
    ...Object.fromEntries(libraries.map((name) => [`${LIBRARIES}/${name}`, `usr/${LIBRARIES}/${name}`])),
  };
}

function fetchInto(folder: string, wanted: DebianFiles): void {
  const debian = new DebianArchive(join(BUILD, "prebuilt/debian"));
  const unpacked = join(BUILD, wanted.name, "unpacked");
  for (const name of wanted.packages) debian.unpackPackage(debian.downloadPackage(`${name}:i386`), unpacked);
  for (const [to, from] of Object.entries(sources(wanted))) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(realpathSync(join(unpacked, from)), join(folder, to));
  }
}
