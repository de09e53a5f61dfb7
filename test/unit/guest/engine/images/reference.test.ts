import { describe, expect, test } from "vitest";
import { normalizeReference, parseReference, referenceKey } from "../../../../../guest/engine/images/reference.ts";
import { createRandom, integer, pick } from "../../api/random.ts";

describe("image references", () => {
  test.each([
    ["busybox", "docker.io", "library/busybox", null, "busybox"],
    ["busybox:1.36", "docker.io", "library/busybox", "1.36", "busybox"],
    ["library/busybox", "docker.io", "library/busybox", null, "busybox"],
    ["docker.io/busybox", "docker.io", "library/busybox", null, "busybox"],
    ["index.docker.io/library/busybox", "docker.io", "library/busybox", null, "busybox"],
    ["me/app:v1", "docker.io", "me/app", "v1", "me/app"],
    ["localhost/app", "localhost", "app", null, "localhost/app"],
    ["localhost:5000/a/b:c", "localhost:5000", "a/b", "c", "localhost:5000/a/b"],
    ["quay.io/a__b/c-d--e", "quay.io", "a__b/c-d--e", null, "quay.io/a__b/c-d--e"],
    ["[::1]:5000/x", "[::1]:5000", "x", null, "[::1]:5000/x"],
    ["Host/x", "Host", "x", null, "Host/x"],
  ])("%s is %s, %s, %s and people call it %s", (text, domain, path, tag, familiar) => {
    expect(parseReference(text)).toMatchObject({ domain, path, tag, familiar });
  });

  test("a digest is kept beside the name", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    expect(parseReference(`busybox@${digest}`)).toMatchObject({ digest, tag: null });
    expect(referenceKey(parseReference(`busybox:x@${digest}`))).toBe(`busybox@${digest}`);
  });

  test.each([
    "",
    ":x",
    "a b",
    "-a",
    "a//b",
    "a/",
    "/a",
    "a:-b",
    `a:${"x".repeat(129)}`,
    "a@sha256:short",
    "a..b",
    "a___b",
  ])("%j is refused: invalid reference format", (text) => {
    expect(() => parseReference(text)).toThrow("invalid reference format");
  });

  test("capital letters are refused with a reason", () => {
    expect(() => parseReference("BusyBox")).toThrow(
      "invalid reference format: repository name (library/BusyBox) must be lowercase",
    );
  });

  test("64 hexadecimal digits are an id, never a name", () => {
    expect(() => parseReference("a".repeat(64))).toThrow("cannot specify 64-byte hexadecimal strings");
  });

  test("without a tag it is latest", () => {
    expect(normalizeReference("docker.io/library/busybox")).toBe("busybox:latest");
    expect(normalizeReference("not a reference")).toBe("not a reference");
  });

  test("what is made from valid parts is read back, and its key reads as itself", () => {
    const random = createRandom(8);
    const word = (): string =>
      Array.from({ length: 1 + integer(random, 6) }, () => pick(random, [..."abz019"])).join("");
    for (let round = 0; round < 500; round++) {
      const path = Array.from({ length: 2 + integer(random, 2) }, word).join("/");
      const domain = pick(random, ["quay.io", "localhost", "a.b:80"]);
      const tag = pick(random, ["latest", "1.0", "X_y-z"]);
      const reference = parseReference(`${domain}/${path}:${tag}`);
      expect(reference).toMatchObject({ domain, path, tag });
      expect(parseReference(referenceKey(reference))).toEqual(reference);
    }
  });

  test("no text makes the parser fail in another way than its refusal", () => {
    const random = createRandom(9);
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: integer(random, 14) }, () => pick(random, [..."aB0.:/@-_ é[]"])).join("");
      try {
        expect(normalizeReference(referenceKey(parseReference(text)))).toContain(":");
      } catch (error) {
        expect(String(error)).toMatch(/invalid re(ference format|pository name)/);
      }
    }
  });
});
