import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./paths.ts";
import type { Input, Stage } from "./stage.ts";

export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Digest of a file, null when it is not there. */
export async function digestFile(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** One digest of all inputs of a stage: names and contents, never dates. A missing file is an error that names it. */
export async function digestInputs(stage: Pick<Stage, "name" | "inputs" | "settings">, root = ROOT): Promise<string> {
  const files = (await Promise.all(stage.inputs.map((input) => listInput(input, root)))).flat().sort();
  const lines = await Promise.all(
    files.map(async (file) => {
      const digest = await digestFile(join(root, file));
      if (digest === null) throw new Error(`${stage.name} needs ${file}, which is missing`);
      return `${digest} ${file}`;
    }),
  );
  return sha256([stage.settings ?? "", ...lines].join("\n"));
}

async function listInput(input: Input, root: string): Promise<readonly string[]> {
  if (typeof input === "string") return [input];
  const { folder, suffix = "" } = input;
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const lists = entries.map((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listInput({ folder: path, suffix }, root);
    return entry.name.endsWith(suffix) ? [path] : [];
  });
  return (await Promise.all(lists)).flat();
}
