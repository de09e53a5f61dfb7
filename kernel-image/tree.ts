/** A file tree before it becomes an archive. Paths are relative to its root, without a leading slash. */
export type TreeEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | {
      readonly kind: "device";
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

/** Sorted by path, each once, parents (0755) put in where they are missing: the same tree is the same bytes. */
export function completeTree(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  const tree = new Map<string, TreeEntry>();
  for (const entry of entries) {
    for (const parent of parents(entry.path)) {
      if (!tree.has(parent)) tree.set(parent, { kind: "directory", path: parent, mode: 0o755 });
    }
    const other = tree.get(entry.path);
    if (other !== undefined && (other.kind !== "directory" || entry.kind !== "directory")) {
      throw new Error(`two entries want to be ${entry.path}`);
    }
    tree.set(entry.path, entry);
  }
  return [...tree.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function parents(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join("/"));
}

/** The tree moved below `folder`. */
export function below(folder: string, entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}
