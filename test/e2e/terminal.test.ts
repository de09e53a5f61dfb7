import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

/** In the page: whether the drawer of web/storage has it. */
const IS_KEPT = `new Promise((resolve) => {
  const opening = indexedDB.open("drydock");
  opening.onsuccess = () => {
    const reading = opening.result.transaction("values").objectStore("values").get("screen-reader");
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result === true);
    };
  };
})`;

describe("the terminal", () => {
  let browser: Browser;
  let served: ServedPage;
  let drydock: DrydockPage;

  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), servePage()]);
  });

  afterAll(() => Promise.all([browser.close(), served.close()]));

  beforeEach(async () => {
    drydock = await DrydockPage.open(browser, served.url, { permissions: ["clipboard-read", "clipboard-write"] });
  });

  afterEach(() => drydock.close());

  /** What has the keyboard, by its name: "Terminal input", "Find" … */
  const focused = () =>
    drydock.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
    });

  /** Marks the first word of a line with a double click; gives the place. */
  async function markWord(line: RegExp): Promise<{ readonly x: number; readonly y: number }> {
    const row = drydock.page.locator("terminal-view:not([hidden]) .xterm-rows > div", { hasText: line });
    const box = await row.boundingBox();
    if (box === null) throw new Error(`no line shows ${line}`);
    const place = { x: box.x + 12, y: box.y + box.height / 2 };
    await drydock.page.mouse.dblclick(place.x, place.y);
    return place;
  }

  test("has the keyboard at load, and the shell answers", async () => {
    expect(await drydock.run("echo $((6 * 7))")).toContain("42");
    expect(drydock.problems).toEqual([]);
  });

  test("tells the shell its size, and each new one", async () => {
    const size = async () => (await drydock.run("stty size")).trim().split(" ").map(Number);
    const [rows = 0, columns = 0] = await size();
    expect(rows).toBeGreaterThan(20);
    expect(columns).toBeGreaterThan(80);
    await drydock.page.setViewportSize({ width: 1920, height: 1080 });
    const [moreRows = 0, moreColumns = 0] = await size();
    expect(moreRows).toBeGreaterThan(rows);
    expect(moreColumns).toBeGreaterThan(columns);
  });

  test("vi in a container is told that the window has grown", async () => {
    const tildes = async () => (await drydock.text()).split("\n").filter((line) => line === "~").length;
    await drydock.type("clear; docker run -it --rm busybox vi /tmp/note");
    await drydock.waitForText(/^~$/m);
    const before = await tildes();
    await drydock.page.setViewportSize({ width: 1280, height: 1080 });
    await drydock.waitForText(new RegExp(`(^~$\\n){${before + 3}}`, "m"));
    await drydock.type(":q!");
    await drydock.waitForText(/^root@.*#$/m);
    expect(await drydock.run("echo still here")).toContain("still here");
  });

  test("Escape, then Tab gives the keyboard back to the page, and Shift+Tab the other way", async () => {
    expect(await focused()).toBe("Terminal input");
    await drydock.page.keyboard.press("Tab");
    expect(await focused()).toBe("Terminal input");
    await drydock.page.keyboard.press("Escape");
    await drydock.page.keyboard.press("Tab");
    expect(await focused()).not.toBe("Terminal input");
    await drydock.page.keyboard.press("Shift+Tab");
    expect(await focused()).toBe("Terminal input");
    await drydock.page.keyboard.press("Escape");
    await drydock.page.keyboard.press("Shift+Tab");
    expect(await focused()).toBe("Find");
  });

  test("Tab finishes words that docker knows", async () => {
    await drydock.page.keyboard.type("docker ru");
    await drydock.page.keyboard.press("Tab");
    await drydock.waitForText(/# docker run/);
    await drydock.page.keyboard.type("--rm bus");
    await drydock.page.keyboard.press("Tab");
    await drydock.waitForText(/# docker run --rm busybox:latest/);
    await drydock.type("echo $((6 * 7))");
    await drydock.waitForText(/^42$/m);
  });

  test("Ctrl+Shift+C copies what is marked, Ctrl+Shift+V types it", async () => {
    await drydock.run("echo drydock-word");
    await markWord(/^drydock-word$/);
    await drydock.page.keyboard.press("Control+Shift+C");
    await expect
      .poll(() => drydock.page.evaluate(() => navigator.clipboard.readText()), { timeout: 5000 })
      .toBe("drydock-word");
    await drydock.page.keyboard.type("clear; echo pasted-");
    await drydock.page.keyboard.press("Control+Shift+V");
    await drydock.page.keyboard.press("Enter");
    await drydock.waitForText(/^pasted-drydock-word$/m);
  });

  test("the browser's own menu copies what is marked", async () => {
    await drydock.run("echo drydock-menu");
    const place = await markWord(/^drydock-menu$/);
    await drydock.page.mouse.click(place.x, place.y, { button: "right" });
    // What the menu's "Copy" would take: xterm puts the marked text into the field under the pointer.
    const field = drydock.page.locator("terminal-view:not([hidden]) .xterm-helper-textarea");
    expect(await field.inputValue()).toBe("drydock-menu");
  });

  test("finds a word that has scrolled away", async () => {
    await drydock.run("echo needle; seq 1 200");
    expect(await drydock.text()).not.toMatch(/^needle$/m);
    await drydock.page.keyboard.press("Control+Shift+F");
    await drydock.page.keyboard.type("needle");
    await drydock.page.keyboard.press("Shift+Enter");
    await drydock.waitForText(/needle/);
    await drydock.page.keyboard.press("Control+A");
    await drydock.page.keyboard.type("no such word");
    await drydock.page.getByText("Not found").waitFor();
    await drydock.page.keyboard.press("Escape");
    expect(await focused()).toBe("Terminal input");
  });

  test("several terminals are tabs, each with a shell of its own, reached by keyboard", async () => {
    await drydock.run("cd /tmp");
    await drydock.page.getByRole("button", { name: "New terminal" }).click();
    await drydock.waitForText(/[#$] ?$/);
    expect(await drydock.run("pwd")).not.toContain("/tmp");
    await drydock.page.getByRole("tab", { name: "Terminal 2" }).focus();
    await drydock.page.keyboard.press("ArrowLeft");
    await drydock.page.getByRole("tab", { name: "Terminal 1", selected: true }).waitFor();
    await drydock.page.locator("terminal-view:not([hidden]) .xterm-helper-textarea").focus();
    expect(await drydock.run("pwd")).toContain("/tmp");
    await drydock.page.getByRole("tab", { name: "Terminal 1" }).focus();
    await drydock.page.keyboard.press("Delete");
    await drydock.page.getByRole("tab", { name: "Terminal 2", selected: true }).waitFor();
  });

  test("a burst of output arrives whole and in order, and the shell still answers", async () => {
    const lines = (await drydock.run("seq 1 40000", 60_000)).split("\n");
    const last = Array.from(lines, (_, index) => String(40_000 - lines.length + 1 + index));
    expect(lines).toEqual(last);
  });

  test("a shell that ends can be had anew with Enter", async () => {
    await drydock.type("clear; exit 3");
    await drydock.waitForText(/The shell ended with status 3\. Press Enter for a new one\./);
    await drydock.page.keyboard.press("Enter");
    expect(await drydock.run("echo back")).toContain("back");
  });

  test("screen-reader mode gives the rows as text, and is kept", async () => {
    await drydock.page.getByRole("button", { name: "Screen reader" }).click();
    await drydock.page.locator("terminal-view .xterm-accessibility").waitFor({ state: "attached" });
    // Kept a moment after it is seen: a reload in between would find it forgotten.
    await drydock.page.waitForFunction(IS_KEPT);
    await drydock.page.reload();
    await drydock.prompt();
    await drydock.page.locator("terminal-view .xterm-accessibility").waitFor({ state: "attached" });
  });
});
