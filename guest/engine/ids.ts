import type { Sys } from "../sys/sys.ts";

/** 64 hexadecimal digits, as containers, execs and images have. A hash of random bytes is as random, and is digits already. */
export function randomId(sys: Sys): string {
  return sys.sha256Bytes(sys.getrandom(32));
}

/** The twelve digits that people see. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
