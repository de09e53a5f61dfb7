// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { ContainersPanel } from "../../../../web/panels/containers-panel.ts";
import { panels } from "../../../../web/panels/panels.ts";
import { type ContainerRow, type EngineSnapshot, emptySnapshot } from "../../../../web/state/engine-snapshot.ts";
import type { RunCommandEvent } from "../../../../web/ui/run-command.ts";

const web: ContainerRow = {
  id: "5f".repeat(32),
  name: "web",
  image: "busybox",
  command: '"httpd -f"',
  state: "running",
  status: "Up 3 minutes",
  ports: ["0.0.0.0:8080->80/tcp"],
};

const connected: EngineSnapshot = { ...emptySnapshot, connection: "connected" };

async function show(snapshot: EngineSnapshot): Promise<ContainersPanel> {
  const panel = new ContainersPanel();
  panel.snapshot = snapshot;
  document.body.replaceChildren(panel);
  await panel.updateComplete;
  return panel;
}

const textOf = (panel: ContainersPanel, selector: string) =>
  panel.renderRoot.querySelector(selector)?.textContent?.replace(/\s+/g, " ").trim();

function buttonsOf(panel: ContainersPanel): HTMLButtonElement[] {
  return [...panel.renderRoot.querySelectorAll<HTMLButtonElement>("button")];
}

/** What each button types. */
function commandsOf(panel: ContainersPanel): string[] {
  const commands: string[] = [];
  const note = (event: Event) => commands.push((event as RunCommandEvent).detail.command);
  document.body.addEventListener("run-command", note);
  for (const button of buttonsOf(panel)) button.click();
  document.body.removeEventListener("run-command", note);
  return commands;
}

describe("the containers panel", () => {
  beforeEach(() => document.body.replaceChildren());

  test("a container is a row: name, image, command, status, ports", async () => {
    const panel = await show({ ...connected, containers: [web] });
    const cells = [...panel.renderRoot.querySelectorAll("tbody td")].slice(0, 5);
    const texts = cells.map((cell) => cell.textContent?.trim());
    expect(texts).toEqual(["web", "busybox", "httpd -f", "Up 3 minutes", "0.0.0.0:8080->80/tcp"]);
  });

  test("a running container can be stopped and read, a stopped one started, read and removed", async () => {
    expect(commandsOf(await show({ ...connected, containers: [web] }))).toEqual(["docker stop web", "docker logs web"]);
    const over: ContainerRow = { ...web, state: "exited", status: "Exited (0) 2 seconds ago" };
    expect(commandsOf(await show({ ...connected, containers: [over] }))).toEqual([
      "docker start web",
      "docker logs web",
      "docker rm web",
    ]);
  });

  test("every button has a name of its own for screen readers", async () => {
    const shop = { ...web, id: "2", name: "shop" };
    const labels = buttonsOf(await show({ ...connected, containers: [web, shop] })).map((one) =>
      one.getAttribute("aria-label"),
    );
    expect(new Set(labels).size).toBe(4);
  });

  test("a button pressed with the mouse leaves the keyboard where it is", async () => {
    const [button] = buttonsOf(await show({ ...connected, containers: [web] }));
    const press = new Event("mousedown", { cancelable: true });
    button?.dispatchEvent(press);
    expect(press.defaultPrevented).toBe(true);
  });

  test("an empty engine teaches the first command", async () => {
    const panel = await show(connected);
    expect(textOf(panel, ".empty")).toContain("No containers yet.");
    expect(commandsOf(panel)).toEqual(["docker run -d --name web busybox httpd -f -h /www"]);
  });

  test("before the first answer it waits, and offers nothing", async () => {
    const panel = await show(emptySnapshot);
    expect(textOf(panel, ".empty")).toBe("Waiting for the engine …");
    expect(buttonsOf(panel)).toEqual([]);
  });

  test("an engine that is lost leaves the rows, and says that they are old", async () => {
    const panel = await show({ ...connected, connection: "lost", containers: [web] });
    expect(textOf(panel, ".notice")).toContain("The engine does not answer.");
    expect(textOf(panel, ".name")).toBe("web");
  });

  test("an engine that was never heard of is not called empty", async () => {
    const panel = await show({ ...emptySnapshot, connection: "lost" });
    expect(textOf(panel, ".notice")).toContain("The engine does not answer.");
    expect(buttonsOf(panel)).toEqual([]);
  });

  test("the last change is announced politely", async () => {
    const panel = await show({ ...connected, announcement: "web is running" });
    const live = panel.renderRoot.querySelector("[aria-live]");
    expect([live?.getAttribute("aria-live"), live?.textContent]).toEqual(["polite", "web is running"]);
  });

  test("a failure is marked by more than its words", async () => {
    const failed: ContainerRow = { ...web, state: "exited", status: "Exited (1) 2 seconds ago" };
    const fine: ContainerRow = { ...web, state: "exited", status: "Exited (0) 2 seconds ago" };
    expect((await show({ ...connected, containers: [failed] })).renderRoot.querySelector(".failed")).not.toBeNull();
    expect((await show({ ...connected, containers: [fine] })).renderRoot.querySelector(".failed")).toBeNull();
  });

  test("the table of panels says how many are running", () => {
    const snapshot = { ...connected, containers: [web, { ...web, id: "2", state: "exited" } as const] };
    expect(panels.map(({ title, summary }) => [title, summary(snapshot)])).toEqual([["Containers", "1 running"]]);
  });
});
