/** The figures of the page, in Chromium over loopback: what a learner waits for and feels. */
import type { Browser } from "playwright-core";
import { within } from "../../web/machine/within.ts";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";
import type { Figures } from "./figure.ts";

const LOADS = 7;
const KEYS = 60;
const MEGABYTES = 4;
const BURSTS = 5;
/** Milliseconds that a burst may take to be drawn: far below what is promised. */
const DRAW_TIMEOUT = 60_000;

export async function measurePage(figures: Figures, say: (text: string) => void): Promise<void> {
  const served = await servePage();
  const browser = await launchChromium();
  try {
    await measurePrompt(browser, served, figures, say);
    await measureTerminal(browser, served, figures, say);
  } finally {
    await browser.close();
    await served.close();
  }
}

async function measurePrompt(browser: Browser, { url }: ServedPage, figures: Figures, say: (text: string) => void) {
  const cold: number[] = [];
  const warm: number[] = [];
  const transfer: number[] = [];
  // The browser's own first page start is not ours: one load that does not count.
  await (await DrydockPage.open(browser, url)).close();
  for (let index = 0; index < LOADS; index += 1) {
    say(`page.prompt ${index + 1} of ${LOADS}`);
    const page = await DrydockPage.open(browser, url);
    const first = await page.figures();
    cold.push(first.prompt);
    transfer.push(first.bytes / 1e6);
    await page.page.reload();
    await page.prompt();
    warm.push((await page.figures()).prompt);
    await page.close();
  }
  figures.set("page.prompt.cold", { unit: "ms", samples: cold });
  figures.set("page.prompt.warm", { unit: "ms", samples: warm });
  figures.set("page.transfer", { unit: "MB", samples: transfer });
}

async function measureTerminal(browser: Browser, { url }: ServedPage, figures: Figures, say: (text: string) => void) {
  const page = await DrydockPage.open(browser, url);
  say("term.throughput");
  // Lines as programs print them; one endless line would measure the emulator of the terminal alone.
  await page.run(
    `yes 'the quick brown fox jumps over the lazy dog, again and again' | head -c ${MEGABYTES}000000 > /tmp/burst`,
  );
  const throughput: number[] = [];
  for (let index = 0; index < BURSTS; index += 1) throughput.push(await measureBurst(page, index));
  figures.set("term.throughput", { unit: "MB/s", samples: throughput });
  say("term.echo");
  const echo: number[] = [];
  await page.run("true");
  for (let index = 0; index < KEYS; index += 1) echo.push(await measureEcho(page, index));
  figures.set("term.echo", { unit: "ms", samples: echo.slice(KEYS / 6) });
  await page.close();
}

/** From Enter to the mark after the burst in the drawn screen, both by the page's clock. */
async function measureBurst(page: DrydockPage, index: number): Promise<number> {
  await page.page.keyboard.type(`clear; cat /tmp/burst; echo "all"-${index}`);
  return (MEGABYTES * 1000) / (await measureKey(page, "Enter", `all-${index}\n`));
}

/** From the key to its glyph in the drawn screen. The letters grow into one word behind the prompt. */
async function measureEcho(page: DrydockPage, index: number): Promise<number> {
  const word = Array.from({ length: index + 1 }, (_, place) => "qwertyuiop"[place % 10]).join("");
  return measureKey(page, word.slice(-1), `# ${word}\n`);
}

/** Milliseconds from a press of `key` to the frame that draws `text`. */
async function measureKey(page: DrydockPage, key: string, text: string): Promise<number> {
  // Armed before the key is pressed, not beside it: the key would overtake.
  await page.page.evaluate(armStopwatch(text));
  await page.page.keyboard.press(key);
  const complaint = `after ${key} the terminal did not draw ${JSON.stringify(text)}`;
  return within(DRAW_TIMEOUT, page.page.evaluate<number>("window.stopwatch"), complaint);
}

/*
 * What runs in the page is text: the loader of this file adds helpers to functions that the page does not have.
 * What is drawn is read from the elements of xterm's DOM renderer, which knows no-break spaces only.
 */
const ROWS = 'document.querySelector("app-shell").activeTerminal.shadowRoot.querySelector(".xterm-rows")';
const DRAWN_TEXT = `[...${ROWS}.children].map((row) => row.textContent.replaceAll("\u00a0", " ").trimEnd() + "\\n").join("")`;

/** Puts a promise into the page: milliseconds from the next key press to the change that draws `text`. */
function armStopwatch(text: string): string {
  return `void (window.stopwatch = new Promise((resolve) => {
    let started;
    const watch = new MutationObserver(() => {
      if (started === undefined || !(${DRAWN_TEXT}).includes(${JSON.stringify(text)})) return;
      watch.disconnect();
      resolve(performance.now() - started);
    });
    watch.observe(${ROWS}, { childList: true, subtree: true, characterData: true });
    document.addEventListener("keydown", () => { started = performance.now(); }, { capture: true, once: true });
  }))`;
}
