import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyChanges } from "../../../kernel-image/busybox/build-busybox.ts";
import { sha256 } from "../../../kernel-image/digest.ts";
import { assertNothingLost } from "../../../kernel-image/kernel/build-kernel.ts";
import { PREBUILT_FOLDER, readManifest } from "../../../kernel-image/prebuilt-manifest.ts";
import { PIECES, recipeDigest } from "../../../kernel-image/recipe.ts";

const LARGEST_TOTAL = 8 << 20;

describe("what is prebuilt was built by the recipe as it stands", () => {
  test.each(PIECES.map((piece) => [piece.name, piece] as const))("%s, else npm run build:kernel", async (_, piece) => {
    expect(readManifest().recipes[piece.name]).toBe(await recipeDigest(piece));
  });
});

test("every prebuilt file is the one that the manifest describes", () => {
  for (const [name, { sha256: digest, bytes }] of Object.entries(readManifest().files)) {
    const content = readFileSync(join(PREBUILT_FOLDER, name));
    expect({ name, digest: sha256(content), bytes: content.length }).toEqual({ name, digest, bytes });
  }
});

test("the prebuilt files are under 8 MB together", () => {
  const total = Object.values(readManifest().files).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(total).toBeLessThan(LARGEST_TOTAL);
});

test("an option that its dependencies switched off stops the recipe", () => {
  const wanted = "CONFIG_A=y\nCONFIG_B=y\n# CONFIG_C is not set\n# CONFIG_D is not set\n";
  expect(() => assertNothingLost(wanted, "CONFIG_A=y\nCONFIG_C=y\n", "config")).toThrow(
    "config: these did not survive their dependencies:\nCONFIG_B=y\n# CONFIG_C is not set",
  );
  expect(() => assertNothingLost(wanted, "CONFIG_A=y\nCONFIG_B=y\n", "config")).not.toThrow();
});

test("a change takes the place of the default, whichever way it was", () => {
  const defaults = "# CONFIG_STATIC is not set\nCONFIG_TC=y\nCONFIG_VI=y\n";
  expect(applyChanges(defaults, "# why\nCONFIG_STATIC=y\n# CONFIG_TC is not set\n")).toBe(
    "CONFIG_STATIC=y\n# CONFIG_TC is not set\nCONFIG_VI=y\n",
  );
});
