/** Paths as Go's path/filepath and Docker's archive package take them apart: what a trailing "/" or "/." asks for is kept. */

/** filepath.Clean. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push(part);
  }
  const text = parts.join("/");
  return rooted ? `/${text}` : text || ".";
}

/** filepath.Join. */
export function joinPath(...parts: readonly string[]): string {
  return cleanPath(parts.filter((part) => part !== "").join("/"));
}

/** filepath.Dir. */
export function folderOf(path: string): string {
  return cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

/** filepath.Base. */
export function baseOf(path: string): string {
  if (path === "") return ".";
  const bare = path.replace(/\/+$/, "");
  return bare === "" ? "/" : bare.slice(bare.lastIndexOf("/") + 1);
}

export function endsWithSlash(path: string): boolean {
  return path.endsWith("/");
}

/** "." or "…/.": what is in the directory, not the directory. */
export function meansContent(path: string): boolean {
  return baseOf(path) === ".";
}

/** `clean` with the "/" or "/." that `path` ends with. */
export function keepEnding(clean: string, path: string): string {
  let result = clean;
  if (!meansContent(clean) && meansContent(path)) result += endsWithSlash(clean) ? "." : "/.";
  return !endsWithSlash(result) && endsWithSlash(path) ? `${result}/` : result;
}

/** The directory and the name in it, which is "." when the path ends so. */
export function splitEntry(path: string): { readonly folder: string; readonly name: string } {
  const clean = cleanPath(path) + (meansContent(path) ? "/." : "");
  return { folder: folderOf(clean), name: baseOf(clean) };
}

/** A link's target takes over the ending of the path that named the link; what is copied keeps the link's name. */
export function followedTo(path: string, target: string): { readonly path: string; readonly rename: string } {
  let resolved = target;
  if (meansContent(path) && !meansContent(resolved)) resolved += "/.";
  if (endsWithSlash(path) && !endsWithSlash(resolved)) resolved += "/";
  return { path: resolved, rename: baseOf(path) === baseOf(resolved) ? "" : baseOf(path) };
}
