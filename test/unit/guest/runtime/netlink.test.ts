import { describe, expect, test } from "vitest";
import { linkUpRequest } from "../../../../guest/runtime/net/link.ts";
import { decodeAck, encodeRequest } from "../../../../guest/runtime/net/netlink.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("rtnetlink", () => {
  test("`ip link set lo up` is these thirty-two bytes", () => {
    expect(hex(encodeRequest(linkUpRequest(1), 7))).toBe(
      ["20000000", "1000", "0500", "07000000", "00000000", "00", "00", "0000", "01000000", "01000000", "01000000"].join(
        "",
      ),
    );
  });

  test("attributes are padded to four bytes and may hold attributes", () => {
    const message = encodeRequest(
      {
        type: 16,
        body: new Uint8Array(16),
        attributes: [
          { type: 3, value: bytes("6c6f00") },
          { type: 18, value: [{ type: 1, value: bytes("7665746800") }] },
        ],
      },
      1,
    );
    expect(hex(message.slice(32))).toBe(
      ["0700", "0300", "6c6f0000", "1000", "1200", "0900", "0100", "7665746800000000"].join(""),
    );
    expect(new DataView(message.buffer).getUint32(0, true)).toBe(message.length);
  });

  test("an answer of zero is yes, a negative one is the errno", () => {
    const answer = (error: string): Uint8Array =>
      bytes(`24000000 0200 0000 05000000 00000000 ${error} ${"00".repeat(16)}`);
    expect(decodeAck(answer("00000000"), 5)).toBe(0);
    expect(decodeAck(answer("edffffff"), 5)).toBe(19);
  });

  test("an answer to another question is no answer", () => {
    expect(() => decodeAck(bytes(`24000000 0200 0000 04000000 00000000 ${"00".repeat(20)}`), 5)).toThrow("EBADMSG");
  });
});
