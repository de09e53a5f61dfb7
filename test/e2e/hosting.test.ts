import { createReadStream, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../kernel-image/paths.ts";
import { launchChromium } from "../support/chromium.ts";
import { DrydockPage, type ServedPage, servePage } from "../support/page.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** What some servers say of a file because of its ending: the browser then unpacks it. */
const encodings: Readonly<Record<string, string>> = { ".gz": "gzip", ".zst": "zstd" };

/**
 * The plainest static server there is: files below /courses/drydock/, and a page that frames them. No headers of note,
 * or those of `encodings`.
 */
function serveBelow({ declareEncodings = false } = {}): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/course.html") {
      response.setHeader("Content-Type", "text/html");
      response.end(
        '<!doctype html><h1>A course</h1><iframe src="courses/drydock/" width="1000" height="700"></iframe>',
      );
      return;
    }
    const file = join(ROOT, "dist", path.replace("/courses/drydock/", "/").replace(/\/$/, "/index.html"));
    if (!path.startsWith("/courses/drydock/") || !existsSync(file) || !statSync(file).isFile()) {
      response.statusCode = 404;
      response.end();
      return;
    }
    response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    const encoding = encodings[extname(file)];
    if (declareEncodings && encoding !== undefined) response.setHeader("Content-Encoding", encoding);
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

describe("the page on plain static hosting", () => {
  let browser: Browser;
  let served: ServedPage;
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    [browser, served, server] = await Promise.all([launchChromium(), servePage(), serveBelow()]);
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    mkdirSync(`${ROOT}build/screenshots`, { recursive: true });
  });

  afterAll(async () => {
    await browser.close();
    await served.close();
    server.close();
  });

  test("works below a path, asks nobody else for anything, and leaves the console empty", async () => {
    const drydock = await DrydockPage.open(browser, `${origin}/courses/drydock/`);
    expect(await drydock.run("docker run --rm hello-world")).toContain("Hello from Docker!");
    expect(drydock.problems).toEqual([]);
    await drydock.close();
  });

  test("works where the server takes the ending of a name for an encoding", async () => {
    const declaring = await serveBelow({ declareEncodings: true });
    const { port } = declaring.address() as AddressInfo;
    const drydock = await DrydockPage.open(browser, `http://127.0.0.1:${port}/courses/drydock/`);
    expect(await drydock.run("echo works")).toContain("works");
    expect(await drydock.page.locator("app-shell .note").allTextContents()).toEqual([]);
    expect(drydock.problems).toEqual([]);
    await drydock.close();
    declaring.close();
  });

  test("works in an iframe, and does not take the keyboard from the page around it", async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/course.html`);
    const frame = page.frameLocator("iframe");
    await frame.locator("terminal-view .xterm-rows", { hasText: "#" }).waitFor();
    await frame.locator("terminal-view .xterm-screen").click();
    await page.keyboard.type("echo in-a-$((1+1))-frame\n");
    await frame.locator("terminal-view .xterm-rows", { hasText: "in-a-2-frame" }).waitFor();
    await page.close();
  });

  test("gets to the prompt with less than 12 MB", async () => {
    const drydock = await DrydockPage.open(browser, served.url);
    const { prompt, bytes } = await drydock.figures();
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(12_000_000);
    expect(prompt).toBeGreaterThan(0);
    await drydock.close();
  });
});
