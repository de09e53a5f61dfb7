import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

describe("the containers panel follows the engine", () => {
  let browser: Browser;
  let served: ServedPage;
  let drydock: DrydockPage;

  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), servePage()]);
    drydock = await DrydockPage.open(browser, served.url);
  });

  afterAll(() => Promise.all([browser.close(), served.close()]));

  test("an empty engine teaches: its button types the first command", async () => {
    await drydock.page.getByRole("button", { name: /^Run: docker run -d --name web/ }).click();
    await drydock.waitForText(/docker run -d --name web busybox/);
    await drydock.waitForContainer("web", "running");
    await expect
      .poll(() => drydock.rows(), { timeout: 30_000 })
      .toEqual([expect.stringMatching(/^web busybox httpd -f -h \/www Up /)]);
  });

  test("what is typed in the terminal shows in the panel", async () => {
    await drydock.run("docker run --name hello hello-world");
    await drydock.waitForContainer("hello", "exited");
    await expect
      .poll(() => drydock.rows())
      .toContainEqual(expect.stringMatching(/^hello hello-world \/hello Exited \(0\)/));
  });

  test("the engine may be killed: the panel says so, comes back, and web still runs", async () => {
    await drydock.run("kill -9 $(pidof dockerd)");
    await drydock.run("until docker ps > /dev/null 2>&1; do :; done");
    await drydock.waitForContainer("web", "running");
    await drydock.run("docker run --rm --name late busybox true; docker run --name later busybox true");
    await drydock.waitForContainer("later", "exited");
    await drydock.page.locator("containers-panel .notice").waitFor({ state: "detached" });
  });

  test("stop, then rm, typed by its buttons", async () => {
    await drydock.page.getByRole("button", { name: "stop web" }).click();
    await drydock.waitForText(/docker stop web/);
    await drydock.waitForContainer("web", "exited");
    await drydock.waitForText(/^web$/m);
    await drydock.page.getByRole("button", { name: "rm web" }).click();
    await drydock.page.locator('containers-panel tr[data-name="web"]').waitFor({ state: "detached" });
    expect(drydock.problems).toEqual([]);
  });

  test("a button leaves the keyboard in the terminal", async () => {
    await drydock.page.getByRole("button", { name: "logs hello" }).click();
    await drydock.waitForText(/docker logs hello/);
    expect(await drydock.run("echo typed on")).toContain("typed on");
  });

  test("half a line that stands at the prompt is not glued to a command", async () => {
    await drydock.page.keyboard.type("echo half");
    await drydock.page.getByRole("button", { name: "rm later" }).click();
    await drydock.page.locator('containers-panel tr[data-name="later"]').waitFor({ state: "detached" });
  });
});
