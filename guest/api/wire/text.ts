/** UTF-8 both ways. QuickJS has no TextDecoder and the page has no libc, so whoever owns the transport brings one. */
export interface TextCodec {
  encode(text: string): Uint8Array;
  /** Invalid sequences become U+FFFD. */
  decode(bytes: Uint8Array): string;
  /** The objects of a JSON array with only these members, where that costs less than all of them; null: it is not one. */
  rows?(body: Uint8Array, members: readonly string[]): readonly object[] | null;
}

const SLICE = 8192;

/** One character a byte, so that an offset in the text is an offset in the bytes. What HTTP heads are read as. */
export function latin1(bytes: Uint8Array): string {
  if (bytes.length <= SLICE) return fromBytes(bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += SLICE) text += fromBytes(bytes.subarray(at, at + SLICE));
  return text;
}

function fromBytes(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** All the pieces in one array; the only piece itself when there is one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const first = pieces[0];
  if (first !== undefined && pieces.length === 1) return first;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
