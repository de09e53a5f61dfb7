/** `npm run -s bench [-- --json] [guest|page]`: every figure in one run, a table for people or one JSON object. */
import { buildMachine } from "../../kernel-image/build.ts";
import { within } from "../../web/machine/within.ts";
import { type Figures, printTable, toJson } from "./figure.ts";
import { measureGuest } from "./guest-figures.ts";
import { measurePage } from "./page-figures.ts";

const PARTS = { guest: measureGuest, page: measurePage } as const;

/** Milliseconds, generous: a slow computer takes its time, and nobody waits for ever. */
const BUILD_TIMEOUT = 15 * 60_000;
const PART_TIMEOUT = 15 * 60_000;

const words = process.argv.slice(2);
const unknown = words.filter((word) => word !== "--json" && !(word in PARTS));
if (unknown.length > 0) {
  console.error(`bench: unknown argument "${unknown[0]}"; it takes --json, ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}

const say = (text: string) => console.error(`• ${text}`);
await within(BUILD_TIMEOUT, buildMachine(), "the machine was not built");
const figures: Figures = new Map();
const wanted = Object.entries(PARTS).filter(([name]) => words.includes(name));
const failures: string[] = [];
for (const [name, measure] of wanted.length > 0 ? wanted : Object.entries(PARTS)) await measurePart(name, measure);
if (words.includes("--json")) console.log(JSON.stringify(toJson(figures), null, 2));
else printTable(figures);
for (const failure of failures) console.error(`bench: ${failure}`);
process.exit(failures.length === 0 ? 0 : 1);

/** A part that fails, or does not end, costs its own figures and not those of the others. */
async function measurePart(name: string, measure: (typeof PARTS)[keyof typeof PARTS]): Promise<void> {
  try {
    await within(PART_TIMEOUT, measure(figures, say), "it was not over");
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
