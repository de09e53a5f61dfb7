import { mkdirSync } from "node:fs";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../kernel-image/paths.ts";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

const screenshots = `${ROOT}build/screenshots`;

const sizes: readonly [name: string, context: BrowserContextOptions][] = [
  ["1280-dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
  ["1024-light", { viewport: { width: 1024, height: 768 }, colorScheme: "light" }],
  ["1920-light", { viewport: { width: 1920, height: 1080 }, colorScheme: "light" }],
  ["390-light", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
];

describe("the look of the page", () => {
  let browser: Browser;
  let served: ServedPage;

  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), servePage()]);
    mkdirSync(screenshots, { recursive: true });
  });

  afterAll(() => Promise.all([browser.close(), served.close()]));

  test.each(sizes)("at %s the terminal is whole, in view, and the page does not scroll", async (name, context) => {
    const drydock = await DrydockPage.open(browser, served.url, context);
    const { page } = drydock;
    await drydock.run("docker run --rm hello-world; docker run -d --name web busybox httpd -f -h /www");
    await drydock.waitForContainer("web", "running");
    const box = await page.locator("terminal-view").boundingBox();
    const { width = 0, height = 0 } = context.viewport ?? {};
    expect(box?.height).toBeGreaterThan(height / 3);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
    const scrolls = await page.evaluate(
      () => document.documentElement.scrollHeight > innerHeight || scrollX + scrollY > 0,
    );
    expect(scrolls).toBe(false);
    const middle = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
    const top = await page.evaluate(({ x, y }) => {
      let element = document.elementFromPoint(x, y);
      while (element?.shadowRoot?.elementFromPoint(x, y)) {
        const inner: Element | null = element.shadowRoot.elementFromPoint(x, y);
        if (inner === element) break;
        element = inner;
      }
      return element?.closest(".xterm") !== null;
    }, middle);
    expect(top).toBe(true);
    await page.screenshot({ path: `${screenshots}/${name}.png` });
    await drydock.close();
  });

  test("on a screen of 1024 programs find the 80 columns that they count on", async () => {
    const drydock = await DrydockPage.open(browser, served.url, { viewport: { width: 1024, height: 768 } });
    const [, columns] = (await drydock.run("stty size")).trim().split(" ");
    expect(Number(columns)).toBeGreaterThanOrEqual(80);
    await drydock.close();
  });

  test("a narrow page has the lesson and the containers one at a time", async () => {
    const drydock = await DrydockPage.open(browser, served.url, { viewport: { width: 390, height: 844 } });
    const { page } = drydock;
    await page.locator("lesson-step").waitFor();
    expect(await page.locator("containers-panel").isVisible()).toBe(false);
    await page.getByRole("navigation").getByRole("button", { name: "Containers" }).click();
    await page.locator("containers-panel").waitFor();
    expect(await page.locator("lesson-step").isVisible()).toBe(false);
    await page.screenshot({ path: `${screenshots}/390-containers.png` });
    await drydock.close();
  });

  test("the colours follow the system, then the learner's choice, also after a reload", async () => {
    const drydock = await DrydockPage.open(browser, served.url, { colorScheme: "dark" });
    const { page } = drydock;
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const terminal = () => page.locator("terminal-view").evaluate((view) => getComputedStyle(view).backgroundColor);
    // The page hears of the system's new preference with the next frame.
    const shows = (colours: readonly string[]) =>
      expect.poll(async () => [await background(), await terminal()], { timeout: 5000 }).toEqual(colours);
    const dark = ["rgb(11, 16, 23)", "rgb(13, 19, 27)"];
    const light = ["rgb(238, 241, 245)", "rgb(255, 255, 255)"];
    await shows(dark);
    await page.emulateMedia({ colorScheme: "light" });
    await shows(light);
    await page.getByLabel("Colours").selectOption("dark");
    await shows(dark);
    await page.reload();
    await drydock.prompt();
    await shows(dark);
    await drydock.close();
  });
});
