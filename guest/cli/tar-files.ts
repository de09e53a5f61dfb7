/** Small archives that are read and written in one piece: ustar, of which names, sizes and kinds matter. tar(5) */

const BLOCK = 512;
const REGULAR = "0";
const DIRECTORY = "5";

export interface TarFile {
  readonly name: string;
  /** null: a directory. */
  readonly content: Uint8Array | null;
  readonly mode: number;
}

export class BadTar extends Error {}

export function writeTar(files: readonly TarFile[]): Uint8Array {
  const pieces = files.flatMap((file) => [header(file), padded(file.content ?? new Uint8Array(0))]);
  return concat([...pieces, new Uint8Array(2 * BLOCK)]);
}

/** The regular files of it. Throws BadTar. */
export function readTar(archive: Uint8Array): readonly { readonly name: string; readonly content: Uint8Array }[] {
  const files: { name: string; content: Uint8Array }[] = [];
  for (let at = 0; at < archive.length; ) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw new BadTar("unexpected EOF");
    if (block.every((byte) => byte === 0)) break;
    if (octal(block, 148, 8) !== checksum(block)) throw new BadTar("archive/tar: invalid tar header");
    const size = octal(block, 124, 12);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw new BadTar("unexpected EOF");
    const kind = text(block, 156, 1) || REGULAR;
    const prefix = text(block, 345, 155);
    if (kind === REGULAR) files.push({ name: `${prefix === "" ? "" : `${prefix}/`}${text(block, 0, 100)}`, content });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function header({ name, content, mode }: TarFile): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string): void =>
    block.set(
      [...value].map((letter) => letter.charCodeAt(0)),
      at,
    );
  const number = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, number(mode, 7));
  put(108, number(0, 7));
  put(116, number(0, 7));
  put(124, number(content?.length ?? 0, 11));
  put(136, number(0, 11));
  put(156, content === null ? DIRECTORY : REGULAR);
  put(257, "ustar\0" + "00");
  put(148, `${number(checksum(block), 6)}\0 `);
  return block;
}

/** Of a header whose own sum counts as blanks. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
}

function octal(block: Uint8Array, at: number, length: number): number {
  const digits = text(block, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : -1;
}

function padded(content: Uint8Array): Uint8Array {
  const block = new Uint8Array(Math.ceil(content.length / BLOCK) * BLOCK);
  block.set(content);
  return block;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
