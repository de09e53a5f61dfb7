import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

describe("a learner takes the first lesson", () => {
  let browser: Browser;
  let served: ServedPage;
  let drydock: DrydockPage;

  const answer = () => drydock.page.locator("lesson-player p.answer");
  const stepIs = (title: string) => drydock.page.locator("lesson-step h3").getByText(title, { exact: true }).waitFor();

  beforeAll(async () => {
    [browser, served] = await Promise.all([launchChromium(), servePage()]);
    drydock = await DrydockPage.open(browser, served.url);
  });

  afterAll(() => Promise.all([browser.close(), served.close()]));

  test("asked too early, the check says what the machine looks like", async () => {
    await drydock.page.getByRole("button", { name: "Check", exact: true }).click();
    await answer().getByText("The engine has made no container yet.").waitFor();
  });

  test("a click types the command, and the step is done when the machine shows it", async () => {
    await drydock.page.getByRole("button", { name: "Run it: docker run hello-world" }).first().click();
    await answer().getByText("Done: the machine shows it.").waitFor();
    await drydock.waitForText(/docker run hello-world/);
  });

  test("nothing but that command was typed: the checks went another way", async () => {
    await drydock.waitForText(/#$/);
    const typed = (await drydock.text()).split("\n").flatMap((line) => /^root@\S+# (.+)$/.exec(line)?.[1] ?? []);
    expect(typed).toEqual(["docker run hello-world"]);
  });

  test("the next step is done by typing", async () => {
    await drydock.page.getByRole("button", { name: "Next step" }).click();
    await stepIs("Keep one running and look inside");
    await drydock.page.locator("terminal-view:not([hidden]) .xterm-helper-textarea").focus();
    await drydock.run("docker run -d --name web busybox httpd -f -h /www");
    await answer().getByText("Done: the machine shows it.").waitFor();
    await drydock.page.getByText("Lesson complete.").waitFor();
  });

  test("what the lesson says about processes is so", async () => {
    expect(await drydock.run("docker exec web ps")).toMatch(/^ +1 \S+ .*httpd/m);
    expect(await drydock.run("ps | grep '[h]ttpd'")).toMatch(/^ *(\d{2,}) \S+ .*httpd/m);
  });

  test("progress outlives a reload in the middle of a command, and the new machine's terminal answers", async () => {
    await drydock.type("docker run --rm busybox sh -c 'echo half; sleep 1000'");
    await drydock.waitForText(/^half/m);
    await drydock.page.reload();
    await drydock.prompt();
    await drydock.page.getByRole("button", { name: /^Step 1: .*\(done\)$/ }).waitFor();
    await drydock.page.getByRole("button", { name: /^Step 2: .*\(done\)$/ }).waitFor();
    await stepIs("Keep one running and look inside");
    expect(await drydock.run("echo fresh")).toContain("fresh");
    expect(drydock.problems).toEqual([]);
  });
});
