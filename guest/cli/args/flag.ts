/**
 * What a flag is. The kind decides how a value is read and what `--help` calls it; `check` refuses what the kind
 * alone would let through, in the words that follow `invalid argument "x" for "--flag" flag: `.
 */
export type FlagKind =
  | "bool"
  | "string"
  | "list"
  | "map"
  | "int"
  | "uint"
  | "uint16"
  | "bytes"
  | "decimal"
  | "duration"
  | "filter"
  | "mount"
  | "network"
  | "ulimit"
  | "gpu-request"
  | "stringToString";

export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  readonly usage: string;
  /** What `(default …)` shows; pflag leaves zero values out. */
  readonly shown?: string;
  /** The value of a bool that is not given. */
  readonly on?: true;
  readonly hidden?: true;
  /** Of a filter: the names that it knows. */
  readonly keys?: readonly string[];
  /** The complaint about a value, or null when it is good. */
  readonly check?: (value: string) => string | null;
}

const MANY: ReadonlySet<FlagKind> = new Set([
  "list",
  "map",
  "filter",
  "mount",
  "network",
  "ulimit",
  "gpu-request",
  "stringToString",
]);

/** Whether the flag may be given more than once, every value counting. */
export function isRepeatable(flag: Flag): boolean {
  return MANY.has(flag.kind);
}

export function formatFlagName(flag: Flag): string {
  return flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
}
