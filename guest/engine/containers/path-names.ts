import { cleanPath } from "./mounts.ts";

/** Absolute and clean, but a "/" or "/." at the end stays: it asks for a directory, and for what is in it. */
export function absolutePath(path: string): string {
  const clean = cleanPath(path);
  if (path === "." || path.endsWith("/.")) return clean === "/" ? "/." : `${clean}/.`;
  return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}

/** filepath.Base of Go: "/" of the root, the last name of everything else. */
export function baseName(path: string): string {
  const bare = path.replace(/\/+$/, "");
  return bare === "" ? "/" : bare.slice(bare.lastIndexOf("/") + 1);
}

/** filepath.Split, of an absolute path that does not end with a slash. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash + 1), name: path.slice(slash + 1) };
}
