/** Commands that do the same to every container named: the name is printed when it went well, errors follow at the end. */
import type { Cli } from "../cli.ts";
import { describeError } from "../errors.ts";

export async function forEach(
  cli: Cli,
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<number> {
  const complaints = await Promise.all(
    names.map((name) =>
      act(name).then(
        () => null,
        (error: unknown) => describeError(error),
      ),
    ),
  );
  const done = names.filter((_, index) => complaints[index] === null);
  cli.print(done.map((name) => `${name}\n`).join(""));
  const failed = complaints.filter((complaint) => complaint !== null);
  cli.printError(failed.map((complaint) => `${complaint}\n`).join(""));
  return failed.length === 0 ? 0 : 1;
}

/** The same, one after the other: each name is printed when its turn is over. */
export async function forEachInTurn(
  cli: Cli,
  names: readonly string[],
  act: (name: string) => Promise<void>,
): Promise<number> {
  const complaints: string[] = [];
  for (const name of names) {
    try {
      await act(name);
      cli.print(`${name}\n`);
    } catch (error) {
      complaints.push(`${describeError(error)}\n`);
    }
  }
  cli.printError(complaints.join(""));
  return complaints.length === 0 ? 0 : 1;
}
