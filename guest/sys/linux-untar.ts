/** What untar's options are to its native function: see native.d.ts. */
import type { BodyInput, UntarOptions } from "./sys.ts";

const NOTHING = new Uint8Array(0);
const UNTIL_END = -1;
const CHUNKED = -2;
const FLAGS = { overlay: 1, whole: 2, keepKinds: 4, mine: 8 } as const;
const AS_IT_SAYS = { uid: -1, gid: -1 };

interface NativeBodyInput {
  readonly rest: Uint8Array;
  readonly framing: number;
}

interface NativeOptions extends NativeBodyInput {
  readonly directory: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly flags: number;
  readonly uid: number;
  readonly gid: number;
}

export function nativeBodyInput({ rest = NOTHING, framing = UNTIL_END }: BodyInput): NativeBodyInput {
  return { rest, framing: framing === "chunked" ? CHUNKED : framing };
}

export function nativeUntarOptions(options: UntarOptions): NativeOptions {
  const { directory = null, rename, owner = AS_IT_SAYS } = options;
  const { from = null, to = null } = rename ?? {};
  const { uid, gid } = owner === "caller" ? AS_IT_SAYS : owner;
  const flags = flagsOf(options);
  return { ...nativeBodyInput(options), directory, from, to, flags, uid, gid };
}

function flagsOf({ overlay, whole, keepKinds, owner }: UntarOptions): number {
  let flags = overlay === true ? FLAGS.overlay : 0;
  if (whole === true) flags |= FLAGS.whole;
  if (keepKinds === true) flags |= FLAGS.keepKinds;
  return owner === "caller" ? flags | FLAGS.mine : flags;
}
