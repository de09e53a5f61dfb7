import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { preview } from "vite";
import { withBuildLock } from "../../kernel-image/build.ts";
import { silentReporter } from "../../kernel-image/build-reporter.ts";
import { ROOT } from "../../kernel-image/paths.ts";
import { runStages } from "../../kernel-image/run-stages.ts";
import { pageStage } from "../../web/serve/page-stage.ts";

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Builds the page when it changed and serves it on a free port, as `npm start` does. */
export async function servePage(): Promise<ServedPage> {
  await withBuildLock(() => runStages([pageStage], silentReporter));
  const server = await preview({
    configFile: `${ROOT}vite.config.ts`,
    logLevel: "error",
    preview: { host: "127.0.0.1", port: 0, strictPort: true },
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

export interface OpenOptions extends BrowserContextOptions {
  /** Called before the page is loaded: routes, initial scripts. */
  readonly prepare?: (page: Page) => Promise<unknown>;
  /** How long the prompt may take; a cold boot takes longer. */
  readonly promptTimeout?: number;
}

/** What of web/app/app-shell.ts is read here. */
interface Shell extends Element {
  readonly activeTerminal: { readonly visibleText: string } | null;
}

/** The page as a person uses it: keys, clicks, and what is to be read. */
export class DrydockPage {
  readonly page: Page;
  /** What nobody should have to see: console errors, exceptions, requests that left the page's own server. */
  readonly problems: string[] = [];
  readonly #url: string;

  /** Opens the page in a browser profile of its own; resolves at the prompt. */
  static async open(browser: Browser, url: string, options: OpenOptions = {}): Promise<DrydockPage> {
    const { prepare, promptTimeout = 30_000, ...contextOptions } = options;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...contextOptions });
    const opened = new DrydockPage(await context.newPage(), url);
    await prepare?.(opened.page);
    await opened.page.goto(url);
    await opened.prompt(promptTimeout);
    return opened;
  }

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(error.message));
    page.context().on("request", (request) => {
      const target = request.url();
      if (!target.startsWith(new URL(this.#url).origin) && !/^(data|blob):/.test(target)) this.problems.push(target);
    });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Waits for the first prompt after a load. */
  async prompt(timeout = 30_000): Promise<void> {
    await this.page.waitForFunction(() => performance.getEntriesByName("page.prompt").length > 0, null, { timeout });
  }

  /** What stands in the active terminal. */
  text(): Promise<string> {
    return this.page.evaluate(() => document.querySelector<Shell>("app-shell")?.activeTerminal?.visibleText ?? "");
  }

  /** Waits until the active terminal shows `pattern`; gives the match. */
  async waitForText(pattern: RegExp, timeout = 30_000): Promise<RegExpExecArray> {
    const { source, flags } = pattern;
    const shows = ({ source, flags }: { source: string; flags: string }) =>
      new RegExp(source, flags).test(document.querySelector<Shell>("app-shell")?.activeTerminal?.visibleText ?? "");
    try {
      await this.page.waitForFunction(shows, { source, flags }, { timeout });
    } catch {
      throw new Error(`the terminal never showed ${pattern}; it shows:\n${await this.text()}`);
    }
    const match = pattern.exec(await this.text());
    if (match === null) throw new Error(`the terminal showed ${pattern} and lost it again`);
    return match;
  }

  /** Types a line where the keyboard is, and presses Enter. */
  async type(line: string): Promise<void> {
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  /** Types a command into a shell and waits until it is over; gives what it printed. The screen is cleared before. */
  async run(command: string, timeout = 30_000): Promise<string> {
    // The mark is put together by the shell, so that the echo of the typed line is not taken for it.
    const number = String(Date.now());
    await this.type(`clear; ${command}; echo "over"-${number}`);
    await this.waitForText(new RegExp(`^over-${number}$`, "m"), timeout);
    const lines = (await this.text()).split("\n");
    const end = lines.indexOf(`over-${number}`);
    return lines.slice(0, end).join("\n");
  }

  /** The words of each row of the containers panel. */
  rows(): Promise<string[]> {
    return this.page
      .locator("containers-panel tbody tr")
      .evaluateAll((rows) => rows.map((row) => (row.textContent ?? "").replace(/\s+/g, " ").trim()));
  }

  /** Waits for a container in the panel to be in a state ("running", "exited" …), whether or not the panel is in view. */
  async waitForContainer(name: string, state: string): Promise<void> {
    await this.page
      .locator(`containers-panel tr[data-name="${name}"][data-state="${state}"]`)
      .waitFor({ state: "attached" });
  }

  /** Milliseconds from navigation to the drawn prompt, and the bytes that came over the network until then. */
  async figures(): Promise<{ readonly prompt: number; readonly bytes: number }> {
    return this.page.evaluate(() => {
      const entries = performance.getEntries().filter((entry) => entry instanceof PerformanceResourceTiming);
      const bytes = entries.reduce((sum, { transferSize }) => sum + transferSize, 0);
      return { prompt: performance.getEntriesByName("page.prompt")[0]?.startTime ?? Number.NaN, bytes };
    });
  }
}
