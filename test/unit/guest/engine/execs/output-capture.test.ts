import { expect, test } from "vitest";
import { OutputCapture } from "../../../../../guest/engine/execs/output-capture.ts";
import { FakeSys } from "../../../../../guest/sys/fake.ts";

function capture(...pieces: readonly (string | Uint8Array)[]): string {
  const sys = new FakeSys();
  const output = new OutputCapture(sys);
  for (const piece of pieces) {
    sys.write(output.stream.fd, typeof piece === "string" ? sys.utf8Encode(piece) : piece);
    sys.poll();
  }
  sys.close(output.stream.fd);
  return output.finish();
}

test("a probe's output is kept as it came", () => {
  expect(capture("one\n", "two\n")).toBe("one\ntwo\n");
  expect(capture()).toBe("");
});

test("4096 bytes are kept, and what is lost is marked", () => {
  expect(capture("x".repeat(4096))).toBe("x".repeat(4096));
  expect(capture("x".repeat(4095), "yz")).toBe(`${"x".repeat(4095)}y...`);
});

test("bytes that are no text are replaced", () => {
  expect(capture(new Uint8Array([97, 255, 98]))).toBe("a\ufffdb");
});
