import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

const COLD_BOOT = 90_000;

describe("a machine whose files are not as they should be", () => {
  let browser: Browser;
  let served: ServedPage;
  let drydock: DrydockPage | undefined;

  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), servePage()]);
  });

  afterEach(() => drydock?.close());

  afterAll(() => Promise.all([browser.close(), served.close()]));

  /** Notes what the page says about its progress, in order and once each. */
  async function watchProgress(page: Page): Promise<string[]> {
    const seen: string[] = [];
    await page.exposeFunction("noteProgress", (text: string) => seen.push(text));
    await page.addInitScript(() => {
      const look = () => {
        const view = document.querySelector("app-shell")?.shadowRoot?.querySelector("boot-view")?.shadowRoot;
        const text = view?.querySelector("#what")?.textContent ?? "";
        const note = (window as unknown as { noteProgress(text: string): void }).noteProgress;
        if (text !== "") note(text);
        requestAnimationFrame(look);
      };
      look();
    });
    return seen;
  }

  async function openWith(prepare: (page: Page) => Promise<unknown>): Promise<{ readonly seen: readonly string[] }> {
    let seen: readonly string[] = [];
    drydock = await DrydockPage.open(browser, served.url, {
      promptTimeout: COLD_BOOT,
      prepare: async (page) => {
        seen = await watchProgress(page);
        await prepare(page);
      },
    });
    return { seen };
  }

  async function stateFile(): Promise<string> {
    const manifest = (await (await fetch(`${served.url}machine/manifest.json`)).json()) as { state: { file: string } };
    return `**/machine/${manifest.state.file}`;
  }

  test("without the saved state it boots, shows how far it is, says why, and works", async () => {
    const state = await stateFile();
    const { seen } = await openWith((page) => page.route(state, (route) => route.fulfill({ status: 404 })));
    expect(await drydock?.page.locator("app-shell .note").textContent()).toMatch(
      /The saved machine cannot be used: .*404/,
    );
    expect(seen.filter((text) => text.startsWith("Booting:")).length).toBeGreaterThan(2);
    await drydock?.page.locator("containers-panel .empty button").waitFor();
    expect(await drydock?.run("docker run --rm hello-world")).toContain("Hello from Docker!");
  });

  test("a damaged state is noticed before it is used", async () => {
    const state = await stateFile();
    await openWith((page) =>
      page.route(state, async (route) => {
        const response = await route.fetch();
        const body = await response.body();
        body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 0xff;
        await route.fulfill({ response, body });
      }),
    );
    expect(await drydock?.page.locator("app-shell .note").textContent()).toContain("is damaged");
    expect(await drydock?.run("echo works")).toContain("works");
  });

  test("without any machine the page says what failed and what to do", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("**/machine/manifest.json", (route) => route.fulfill({ status: 404 }));
    await page.goto(served.url);
    await page.getByText(/The machine did not start: .*manifest\.json: the server answers 404/).waitFor();
    await page.getByText("npm start").waitFor();
    await context.close();
  });

  test("reset gives a fresh machine, after asking", async () => {
    drydock = await DrydockPage.open(browser, served.url);
    await drydock.run("docker run -d --name web busybox sleep 1000; touch /tmp/mine");
    await drydock.waitForContainer("web", "running");
    await drydock.page.getByRole("button", { name: "Reset machine" }).click();
    await drydock.page.getByRole("button", { name: "Keep it" }).click();
    await drydock.waitForContainer("web", "running");
    await drydock.page.getByRole("button", { name: "Reset machine" }).click();
    await drydock.page.getByRole("button", { name: "Reset", exact: true }).click();
    await drydock.page.locator("containers-panel .empty button").waitFor();
    await drydock.waitForText(/[#$] ?$/);
    await drydock.page.getByRole("link", { name: "Skip to the terminal" }).focus();
    await drydock.page.keyboard.press("Enter");
    expect(await drydock.run("ls /tmp/mine")).toContain("No such file");
    expect(drydock.problems).toEqual([]);
  });
});
