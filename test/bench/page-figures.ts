/** The figures of the page, in Chromium over loopback: what a learner waits for and feels. */
import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";
import type { Figures } from "./figure.ts";

const LOADS = 7;
const KEYS = 60;
const MEGABYTES = 4;
const BURSTS = 5;

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

/** From Enter to the mark after the burst on the screen, both by the page's clock. */
async function measureBurst(page: DrydockPage, index: number): Promise<number> {
  await page.page.keyboard.type(`clear; cat /tmp/burst; echo "all"-${index}`);
  const milliseconds = awaitScreen(page, `all-${index}\n`);
  await page.page.keyboard.press("Enter");
  return (MEGABYTES * 1000) / (await milliseconds);
}

/** From the key to its glyph in the drawn screen. The letters grow into a word that stands nowhere else. */
async function measureEcho(page: DrydockPage, index: number): Promise<number> {
  const letter = "qwertyuiop"[index % 10] ?? "q";
  const row = await page.page.evaluate<string>(TYPED_WORD);
  const milliseconds = awaitScreen(page, `${row}${letter}`);
  await page.page.keyboard.press(letter);
  return milliseconds;
}

/** What of web/app/app-shell.ts is read here. The functions are texts: they run in the page, not in this file. */
const VISIBLE_TEXT = 'document.querySelector("app-shell").activeTerminal.visibleText';

/** In the page: what stands after the last prompt. */
const TYPED_WORD = `${VISIBLE_TEXT}.trimEnd().split("\\n").at(-1) ?? ""`;

/** In the page: milliseconds from the next key press to the frame in which the terminal shows `text`. */
function awaitScreen(page: DrydockPage, text: string): Promise<number> {
  return page.page.evaluate(`new Promise((resolve) => {
    document.addEventListener("keydown", () => {
      const started = performance.now();
      requestAnimationFrame(function look() {
        if ((${VISIBLE_TEXT} + "\\n").includes(${JSON.stringify(text)})) resolve(performance.now() - started);
        else requestAnimationFrame(look);
      });
    }, { capture: true, once: true });
  })`);
}
