/** A small seeded generator (mulberry32): property tests that fail the same way every time. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function integer(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

export function pick<T>(random: () => number, list: readonly T[]): T {
  const item = list[integer(random, list.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** The same bytes in pieces of random length. */
export function cutRandomly(random: () => number, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + integer(random, 9));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
