/** When probes are made, and what becomes of what they say. The probes are played. */
import { beforeEach, describe, expect, test } from "vitest";
import type { HealthConfig } from "../../../../../guest/api/contract/container.ts";
import { EngineError } from "../../../../../guest/api/contract/errors.ts";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import type { ProbeEnd } from "../../../../../guest/engine/health/health-checks.ts";
import { containerPaths } from "../../../../../guest/engine/layout.ts";
import { formatTime } from "../../../../../guest/engine/time.ts";
import { hasSwagger, problemsOf } from "../../api/swagger.ts";
import { type FakeEngine, fakeEngine, fakeMachine, rowsOf } from "../fake-store.ts";
import { playEnd, playRunning, watchEvents } from "../play-running.ts";

const SECOND = 1e9;
const CHECK: HealthConfig = { Test: ["CMD", "ok"], Interval: 10 * SECOND, Timeout: 3 * SECOND, Retries: 2 };

interface PlayedProbe {
  readonly command: readonly string[];
  readonly end: (end: ProbeEnd) => void;
  killed: boolean;
}

let engine: FakeEngine;
let web: Container;
let probes: PlayedProbe[];
let events: string[];
let refusal: EngineError | null;

beforeEach(() => {
  probes = [];
  refusal = null;
  engine = fakeEngine(fakeMachine(), (_container, config, end) => {
    if (refusal !== null) throw refusal;
    const probe: PlayedProbe = { command: config.Cmd ?? [], end, killed: false };
    probes.push(probe);
    return {
      kill: () => {
        probe.killed = true;
      },
    };
  });
  web = run("web", CHECK);
  events = watchEvents(engine);
});

function run(name: string, Healthcheck: HealthConfig): Container {
  engine.containers.create({ Image: "busybox", Healthcheck }, { name, platform: "" });
  const container = playRunning(engine, name);
  container.state = { ...container.state, StartedAt: formatTime(engine.sys.now()) };
  engine.health.start(container);
  return container;
}

function end(exitCode: number, output = ""): void {
  probes.at(-1)?.end({ exitCode, output });
}

/** As many probes with that code, each in its time. */
function probe(...codes: readonly number[]): void {
  for (const code of codes) {
    engine.sys.advance(10_000);
    end(code);
  }
}

function statusText(): string | undefined {
  return rowsOf(engine, { all: false, limit: 0, size: false, filters: new Map() })[0]?.Status;
}

describe("a container with a health check", () => {
  test("is starting until the first probe, which comes after one interval", () => {
    expect(web.state.Health).toEqual({ Status: "starting", FailingStreak: 0, Log: [] });
    expect(statusText()).toMatch(/^Up .* \(health: starting\)$/);
    engine.sys.advance(9_999);
    expect(probes).toEqual([]);
    engine.sys.advance(1);
    expect(probes.map(({ command }) => command)).toEqual([["ok"]]);
  });

  test("is healthy when a probe says so, and everybody is told once", () => {
    probe(0, 0, 0);
    expect(web.state.Health).toMatchObject({ Status: "healthy", FailingStreak: 0 });
    expect(statusText()).toMatch(/^Up .* \(healthy\)$/);
    expect(events).toEqual(["health_status: healthy"]);
  });

  test("is unhealthy after its retries, and healthy again after one good probe", () => {
    probe(0, 1, 1, 1, 0);
    expect(events).toEqual(["health_status: healthy", "health_status: unhealthy", "health_status: healthy"]);
  });

  test("is probed one interval after the end of the last probe, never twice at a time", () => {
    engine.sys.advance(10_000);
    engine.sys.advance(2_000);
    end(0);
    engine.sys.advance(9_999);
    expect(probes.length).toBe(1);
    engine.sys.advance(1);
    expect(probes.length).toBe(2);
  });

  test("has its probe killed after the timeout, which counts as a failure with what it had printed", () => {
    engine.sys.advance(10_000);
    engine.sys.advance(2_999);
    expect(probes[0]?.killed).toBe(false);
    engine.sys.advance(1);
    expect(probes[0]?.killed).toBe(true);
    end(137, "half");
    expect(web.state.Health?.Log).toMatchObject([{ ExitCode: -1, Output: "Health check exceeded timeout (3s): half" }]);
    expect(web.state.Health?.FailingStreak).toBe(1);
  });

  test("notes why a probe could not be started", () => {
    refusal = new EngineError("system", 'exec: "ok": executable file not found in $PATH: unknown');
    engine.sys.advance(10_000);
    expect(web.state.Health?.Log).toMatchObject([{ ExitCode: -1, Output: refusal.message }]);
    refusal = null;
    engine.sys.advance(10_000);
    expect(probes.length).toBe(1);
  });

  test("is written down when its status changes, not with every probe", () => {
    const file = containerPaths(web.id).state;
    const recorded = (): unknown => JSON.parse(engine.sys.readFile(file)).Health;
    probe(0);
    expect(recorded()).toMatchObject({ Status: "healthy", Log: [{ ExitCode: 0 }] });
    probe(1);
    expect(recorded()).toMatchObject({ FailingStreak: 0 });
  });

  test("is not probed while it is paused, and again one interval after", () => {
    probe(0);
    engine.containers.pause("web");
    engine.sys.advance(60_000);
    expect(probes.length).toBe(1);
    expect(web.state.Health?.Status).toBe("unhealthy");
    engine.containers.unpause("web");
    probe(0);
    expect(web.state.Health?.Status).toBe("healthy");
  });

  test("is not probed after its end, and the probe that ran says nothing any more", () => {
    engine.sys.advance(10_000);
    playEnd(engine, web, 0);
    expect(probes[0]?.killed).toBe(true);
    end(0);
    engine.sys.advance(60_000);
    expect(probes.length).toBe(1);
    expect(web.state.Health).toMatchObject({ Status: "unhealthy", Log: [] });
    expect(events).toEqual([expect.stringMatching(/^die /)]);
  });

  test("is checked on by a new engine, which knows its status", () => {
    probe(0);
    const again = fakeEngine(engine.sys, () => {
      throw new EngineError("system", "no");
    });
    again.health.resume(web);
    expect(web.state.Health?.Status).toBe("healthy");
    engine.sys.advance(10_000);
    expect(web.state.Health?.FailingStreak).toBe(1);
  });

  test("is found by its health; what has no check is none", () => {
    engine.containers.create({ Image: "busybox" }, { name: "plain", platform: "" });
    playRunning(engine, "plain");
    const found = (health: string): string[] =>
      rowsOf(engine, { all: true, limit: 0, size: false, filters: new Map([["health", [health]]]) }).map(
        ({ Names }) => Names[0] ?? "",
      );
    expect([found("starting"), found("none"), found("healthy")]).toEqual([["/web"], ["/plain"], []]);
    expect(() => found("well")).toThrow("Unrecognised filter value for health: well");
  });

  test.skipIf(!hasSwagger)("is inspected as the specification says", () => {
    probe(0, 1);
    const answer = engine.containers.inspect("web", { size: false });
    expect(answer.State.Health?.Log.length).toBe(2);
    expect(problemsOf("get", "/containers/{id}/json", 200, answer)).toEqual([]);
  });
});

test("a container without a health check has no health, and no timer", () => {
  const plain = run("plain", { Test: ["NONE"] });
  expect(plain.state.Health).toBeNull();
  expect(engine.containers.inspect("plain", { size: false }).State).not.toHaveProperty("Health");
  playEnd(engine, web, 0);
  engine.sys.advance(1_000_000);
  expect(probes).toEqual([]);
});
