import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../../../guest/api/wire/base64.ts";

test("bytes come back from base64, and it is the usual one", () => {
  for (let length = 0; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 89 + length * 7) & 255);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  }
});

test.each(["a", "ab=c", "ab==cd==", "a b=", "====", "YQ"])("%j is not base64", (text) => {
  expect(decodeBase64(text)).toBeNull();
});
