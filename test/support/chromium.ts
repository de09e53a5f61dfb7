import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const KNOWN = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** No window, no questions, and no talking to anybody but the page's server. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser of the system's, headless: CHROMIUM names it, else it is looked for. Close it when done. */
export function launchChromium(): Promise<Browser> {
  // Chromium refuses its own sandbox to root; in a container of a build server that is who we are.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: findChromium(), args: [...FLAGS, ...sandbox] });
}

function findChromium(): string {
  const wanted = process.env["CHROMIUM"];
  const found = (wanted === undefined ? KNOWN : [wanted]).find(isExecutable);
  if (found !== undefined) return found;
  const missing = wanted === undefined ? "No Chromium was found" : `CHROMIUM=${wanted} cannot be run`;
  throw new Error(`${missing}. On Debian: apt-get install chromium. Elsewhere: CHROMIUM=/path/to/chromium npm test`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
