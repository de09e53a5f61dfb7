// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { ContainerSummary } from "../../../../guest/api/contract/container.ts";
import type { CheckedMachine } from "../../../../lessons/checks.ts";
import type { Lesson, Step } from "../../../../lessons/lesson.ts";
import { LessonPlayer } from "../../../../web/lesson/lesson-player.ts";
import { type EngineSnapshot, emptySnapshot } from "../../../../web/state/engine-snapshot.ts";
import { createStorage, type Storage } from "../../../../web/storage/storage.ts";

function step(id: string, name: string): Step {
  return {
    id,
    title: id,
    blocks: [{ kind: "command", command: `docker run -d --name ${name} busybox sleep 60` }],
    checks: [{ kind: "container-running", arguments: { name } }],
    solution: [],
  };
}

const lesson: Lesson = {
  slug: "01-x",
  title: "X",
  summary: "",
  minutes: 1,
  steps: [step("one", "a"), step("two", "b")],
};
const connected: EngineSnapshot = { ...emptySnapshot, connection: "connected" };

/** A machine that has the containers that it is told to have. */
class FakeMachine implements CheckedMachine {
  running: string[] = [];
  asked = 0;
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  readonly engine: CheckedMachine["engine"] = {
    listImages: async () => [],
    listContainers: async () => {
      this.asked++;
      const { running } = this;
      await this.gate;
      return running.map(
        (name) => ({ Names: [`/${name}`], Image: "busybox", State: "running" }) as unknown as ContainerSummary,
      );
    },
  };

  async run(): Promise<{ status: number; output: string }> {
    return { status: 0, output: "" };
  }
}

describe("the lesson player", () => {
  let machine: FakeMachine;
  let storage: Storage;
  let player: LessonPlayer;

  beforeEach(async () => {
    machine = new FakeMachine();
    storage = createStorage();
    player = await open();
  });

  async function open(): Promise<LessonPlayer> {
    const opened = new LessonPlayer();
    Object.assign(opened, { lesson, storage, machine, snapshot: connected });
    document.body.replaceChildren(opened);
    await vi.waitFor(() => expect(opened.renderRoot.querySelector("lesson-step")).not.toBeNull());
    return opened;
  }

  /** The engine said something. */
  const moved = () => {
    player.snapshot = { ...connected };
  };
  const answer = () => player.renderRoot.querySelector("p.answer")?.textContent?.trim();
  const button = (text: string) =>
    [...player.renderRoot.querySelectorAll("button")].find((one) => one.textContent?.trim() === text);
  const title = () => player.renderRoot.querySelector("lesson-step")?.step?.title;

  test("a step that is not done is not nagged about", async () => {
    moved();
    await vi.waitFor(() => expect(machine.asked).toBeGreaterThan(0));
    expect(answer()).toBe("Run the commands: this step checks itself.");
  });

  test("when asked, it says what the machine looks like", async () => {
    button("Check")?.click();
    await vi.waitFor(() => expect(answer()).toBe("No container is called a yet."));
  });

  test("the step is done as soon as the machine shows it, and that is kept", async () => {
    machine.running = ["a"];
    moved();
    await vi.waitFor(() => expect(answer()).toBe("✓ Done: the machine shows it."));
    expect(await storage.get("progress/01-x")).toEqual({ done: ["one"], current: "one" });
    expect(button("Check")).toBeUndefined();
  });

  test("done is said only after it is kept", async () => {
    const kept: (() => void)[] = [];
    player.storage = { ...storage, set: () => new Promise((resolve) => kept.push(resolve)) };
    machine.running = ["a"];
    moved();
    await vi.waitFor(() => expect(kept).toHaveLength(1));
    expect(answer()).not.toContain("Done");
    kept[0]?.();
    await vi.waitFor(() => expect(answer()).toContain("Done"));
  });

  test("a done step stays done when its container goes, and is not checked again", async () => {
    machine.running = ["a"];
    moved();
    await vi.waitFor(() => expect(answer()).toContain("Done"));
    machine.running = [];
    const { asked } = machine;
    moved();
    await player.updateComplete;
    expect(machine.asked).toBe(asked);
    expect(answer()).toContain("Done");
  });

  test("another player finds the progress, and the step that was in view", async () => {
    button("Next step")?.click();
    await vi.waitFor(() => expect(title()).toBe("two"));
    player = await open();
    expect(title()).toBe("two");
  });

  test("an answer about a step that is no longer in view is dropped", async () => {
    let release: () => void = () => undefined;
    machine.gate = new Promise((resolve) => {
      release = resolve;
    });
    button("Check")?.click();
    await vi.waitFor(() => expect(machine.asked).toBeGreaterThan(0));
    button("Next step")?.click();
    await vi.waitFor(() => expect(title()).toBe("two"));
    release();
    await player.updateComplete;
    expect(answer()).toBe("Run the commands: this step checks itself.");
  });

  test("a question that is overtaken by the engine's news is answered all the same", async () => {
    let release: () => void = () => undefined;
    machine.gate = new Promise((resolve) => {
      release = resolve;
    });
    button("Check")?.click();
    moved();
    await player.updateComplete;
    await vi.waitFor(() => expect(machine.asked).toBeGreaterThan(1));
    release();
    await vi.waitFor(() => expect(answer()).toBe("No container is called a yet."));
  });

  test("a machine that cannot be asked is not a wrong answer", async () => {
    machine.gate = Promise.reject(new Error("the engine closed the connection"));
    button("Check")?.click();
    await vi.waitFor(() => expect(answer()).toBe("The machine could not be asked: the engine closed the connection"));
  });

  test("the last step done completes the lesson", async () => {
    machine.running = ["a", "b"];
    moved();
    await vi.waitFor(() => expect(answer()).toContain("Done"));
    button("Next step")?.click();
    await vi.waitFor(() => expect(player.renderRoot.textContent).toContain("Lesson complete."));
  });
});
