/** `npm run -s bench [-- --json] [guest|page]`: every figure in one run, a table for people or one JSON object. */
import { buildMachine } from "../../kernel-image/build.ts";
import { type Figures, printTable, toJson } from "./figure.ts";
import { measureGuest } from "./guest-figures.ts";
import { measurePage } from "./page-figures.ts";

const PARTS = { guest: measureGuest, page: measurePage } as const;

const words = process.argv.slice(2);
const unknown = words.filter((word) => word !== "--json" && !(word in PARTS));
if (unknown.length > 0) {
  console.error(`bench: unknown argument "${unknown[0]}"; it takes --json, ${Object.keys(PARTS).join(", ")}`);
  process.exit(2);
}

const say = (text: string) => console.error(`• ${text}`);
await buildMachine();
const figures: Figures = new Map();
const wanted = Object.entries(PARTS).filter(([name]) => words.includes(name));
for (const [, measure] of wanted.length > 0 ? wanted : Object.entries(PARTS)) await measure(figures, say);
if (words.includes("--json")) console.log(JSON.stringify(toJson(figures), null, 2));
else printTable(figures);
process.exit(0);
