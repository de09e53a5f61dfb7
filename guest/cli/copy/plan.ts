import { ExitError } from "../command.ts";
import { endsWithSlash, meansContent, splitEntry } from "./paths.ts";

export interface CopySource {
  readonly path: string;
  readonly isDirectory: boolean;
  /** The name that its archive begins with, when it is not the path's own; "". */
  readonly rename: string;
}

export interface CopyTarget {
  readonly path: string;
  readonly kind: "directory" | "file" | "missing";
}

export interface CopyPlan {
  /** What the archive is unpacked into. */
  readonly folder: string;
  /** The name that the copy gets in there; null: the one it has. */
  readonly name: string | null;
}

/** The cases of `docker cp`'s manual page: source and target may each be a file or a directory, and the target missing. */
export function planCopy(source: CopySource, target: CopyTarget): CopyPlan {
  if (target.kind === "directory") return { folder: target.path, name: null };
  if (target.kind === "file" && source.isDirectory) throw new ExitError(1, "cannot copy directory");
  if (target.kind === "missing" && !source.isDirectory && (endsWithSlash(target.path) || meansContent(target.path))) {
    throw new ExitError(1, "no such directory");
  }
  const { folder, name } = splitEntry(target.path);
  return { folder, name };
}

export interface CopyArgument {
  /** "": a path of ours. */
  readonly container: string;
  readonly path: string;
}

/** `web:/etc` against `./file:name` and `/file:name`: as scp(1) does it. */
export function splitArgument(text: string): CopyArgument {
  const colon = text.indexOf(":");
  if (text.startsWith("/") || colon < 0 || text.startsWith(".")) return { container: "", path: text };
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}
