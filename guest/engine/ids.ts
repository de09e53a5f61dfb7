import type { Sys } from "../sys/sys.ts";

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** 64 hexadecimal digits, as containers, execs and images have. */
export function randomId(sys: Sys): string {
  let id = "";
  for (const byte of sys.getrandom(32)) id += HEX[byte];
  return id;
}

/** The twelve digits that people see. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
