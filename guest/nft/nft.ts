/**
 * `nft list …`: what nf_tables holds in the caller's network namespace, in the words of nft(8). The engine writes its
 * rules through netlink itself; this is how to look at them, so it has the half of nft that reads.
 */
import { type Sys, SysError } from "../sys/sys.ts";
import { type Choice, FAMILIES, printTable, tableTitle } from "./print-ruleset.ts";
import { readInterfaceNames, readTables } from "./read-ruleset.ts";
import type { Table } from "./ruleset.ts";

const USAGE = `Usage: nft [ options ] list WHAT

  list ruleset [family]
  list tables [family]
  list table [family] TABLE
  list chain [family] TABLE CHAIN
  list set [family] TABLE SET
  list map [family] TABLE MAP

Options:
  -h, --help      Show this help
  -a, --handle    Output rule handle
  -n, --numeric   Accepted; numbers are numbers anyway

This nft lists and does not change: the rules are the engine's, which writes them through netlink.
`;

class NftError extends Error {}

/** Gives the exit code. */
export function runNft(sys: Sys, argv: readonly string[]): number {
  const options = argv.filter((word) => word.startsWith("-"));
  const words = argv.filter((word) => !word.startsWith("-"));
  const has = (...names: readonly string[]): boolean => options.some((option) => names.includes(option));
  if (has("-h", "--help")) {
    print(sys, 1, USAGE);
    return 0;
  }
  try {
    print(sys, 1, list(sys, words, has("-a", "--handle")));
    return 0;
  } catch (error) {
    print(sys, 2, `Error: ${describe(error)}\n${words.join(" ")}\n`);
    return 1;
  }
}

function describe(error: unknown): string {
  if (error instanceof NftError) return error.message;
  if (error instanceof SysError && error.code === "EPERM") return "Operation not permitted (you must be root)";
  if (error instanceof SysError) return `${error.syscall}: ${error.code}`;
  throw error;
}

function list(sys: Sys, [verb, what = "", ...rest]: readonly string[], handles: boolean): string {
  if (verb !== "list") throw new NftError("this nft can only list; see nft --help");
  const family = FAMILIES[rest[0] ?? ""];
  const [table, part] = family === undefined ? rest : rest.slice(1);
  const everything = what === "ruleset" || what === "tables";
  // As nft does: a table is looked for in family ip when none is given.
  const tables = readTables(sys, family ?? (everything ? 0 : FAMILIES["ip"]));
  if (what === "tables") return tables.map((each) => `${tableTitle(each)}\n`).join("");
  const options = { names: readInterfaceNames(sys), handles };
  if (what === "ruleset") return tables.map((each) => printTable(each, options)).join("");
  const found = tables.find(({ name }) => name === table);
  if (found === undefined) throw new NftError("No such file or directory");
  return printTable(found, options, chooseParts(found, what, part));
}

function chooseParts(table: Table, what: string, part: string | undefined): Choice {
  const has = (parts: readonly { readonly name: string }[]): boolean => parts.some(({ name }) => name === part);
  if (what === "table") return {};
  if (part !== undefined && what === "chain" && has(table.chains)) return { chain: part };
  if (part !== undefined && (what === "set" || what === "map") && has(table.sets)) return { set: part };
  throw new NftError(["chain", "set", "map"].includes(what) ? "No such file or directory" : `cannot list ${what}`);
}

/** A pipe may take less than all at once. */
function print(sys: Sys, fd: number, text: string): void {
  let rest = sys.utf8Encode(text);
  while (rest.length > 0) rest = rest.subarray(sys.write(fd, rest));
}
