import type { Cli } from "./cli.ts";

const PIECE = 4096;

/** Asks, and reads a line: only y means yes, in either case. Signals are heard meanwhile. */
export async function confirm(cli: Cli, message: string): Promise<boolean> {
  cli.print(`${message} [y/N] `);
  return (await readLine(cli)).trim().toLowerCase() === "y";
}

/** The first line of standard input, or what there is of it. */
function readLine({ sys }: Cli): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    sys.onReadable(0, () => {
      const bytes = sys.read(0, PIECE);
      text += sys.utf8Decode(bytes);
      const end = text.indexOf("\n");
      if (bytes.length > 0 && end < 0) return;
      sys.onReadable(0, null);
      resolve(end < 0 ? text : text.slice(0, end));
    });
  });
}
