import { describe, expect, test } from "vitest";
import type { EventMessage } from "../../../../guest/api/contract/event.ts";
import { EventLog, type EventQuery } from "../../../../guest/engine/events.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";
import { hasSwagger, problemsOf } from "../api/swagger.ts";

const ID = "1234".repeat(16);

function query(filters: Readonly<Record<string, readonly string[]>> = {}, since = "", until = ""): EventQuery {
  return { since, until, filters: new Map(Object.entries(filters)) };
}

function listen(log: EventLog, asked: EventQuery): { seen: EventMessage[]; cancel: () => void; ended: () => boolean } {
  const seen: EventMessage[] = [];
  let over = false;
  const cancel = log.subscribe(
    asked,
    (event) => seen.push(event),
    () => {
      over = true;
    },
  );
  return { seen, cancel, ended: () => over };
}

describe("events", () => {
  test("a listener hears what happens from then on, until it has enough", () => {
    const log = new EventLog(new FakeSys());
    log.publish("container", "create", ID, { name: "web" });
    const { seen, cancel } = listen(log, query());
    log.publish("container", "start", ID, { name: "web" });
    cancel();
    log.publish("container", "die", ID, { name: "web" });
    expect(seen.map((event) => event.Action)).toEqual(["start"]);
    expect(log.listeners).toBe(0);
  });

  test("the past comes first when it is asked for, and only the newest 256 of it", () => {
    const sys = new FakeSys();
    const log = new EventLog(sys);
    for (let n = 0; n < 700; n++) log.publish("container", String(n), ID, {});
    const { seen } = listen(log, query({}, "1"));
    expect(seen).toHaveLength(256);
    expect(seen[0]?.Action).toBe("444");
    expect(seen.at(-1)?.Action).toBe("699");
  });

  test("since and until cut the past, and an until that has passed ends the stream", () => {
    const sys = new FakeSys();
    const log = new EventLog(sys);
    log.publish("container", "one", ID, {});
    sys.advance(2000);
    log.publish("container", "two", ID, {});
    sys.advance(2000);
    log.publish("container", "three", ID, {});
    const base = 1_700_000_000;
    const { seen, ended } = listen(log, query({}, String(base + 1), String(base + 3)));
    expect(seen.map((event) => event.Action)).toEqual(["two"]);
    expect(ended()).toBe(true);
  });

  test("an until that lies ahead ends the stream when it comes", () => {
    const sys = new FakeSys();
    const log = new EventLog(sys);
    const { seen, ended } = listen(log, query({}, "", "1700000005"));
    log.publish("container", "one", ID, {});
    sys.advance(4000);
    expect(ended()).toBe(false);
    sys.advance(2000);
    expect(ended()).toBe(true);
    log.publish("container", "two", ID, {});
    expect(seen).toHaveLength(1);
  });

  test.each([
    [{ type: ["container"] }, ["start", "exec_start: ls"]],
    [{ type: ["image"] }, ["tag"]],
    [{ event: ["start"] }, ["start"]],
    [{ event: ["exec_start"] }, ["exec_start: ls"]],
    [{ container: ["web"] }, ["start", "exec_start: ls"]],
    [{ container: [ID.slice(0, 6)] }, ["start", "exec_start: ls"]],
    [{ container: ["other"] }, []],
    [{ image: ["busybox:latest"] }, ["start", "exec_start: ls", "tag"]],
    [{ image: ["nginx"] }, []],
    [{ label: ["a=b"] }, ["start", "exec_start: ls"]],
    [{ label: ["a", "c"] }, []],
    [{ network: ["bridge"] }, ["connect"]],
    [{ network: ["mine"] }, []],
    [{ type: ["network"], event: ["connect", "start"] }, ["connect"]],
    [{ type: ["container"], event: ["tag", "start"] }, ["start"]],
  ])("the filters %j let %j through", (filters, actions) => {
    const log = new EventLog(new FakeSys());
    const { seen } = listen(log, query(filters));
    log.publish("container", "start", ID, { name: "web", image: "busybox", a: "b" });
    log.publish("container", "exec_start: ls", ID, { name: "web", image: "busybox", a: "b" });
    log.publish("image", "tag", "sha256:1", { name: "busybox:latest" });
    log.publish("network", "connect", "n1", { name: "bridge", container: ID });
    expect(seen.map((event) => event.Action)).toEqual(actions);
  });

  test("a filter that nobody knows is refused", () => {
    expect(() => listen(new EventLog(new FakeSys()), query({ nonsense: ["x"] }))).toThrow("invalid filter 'nonsense'");
  });

  test("container events carry the old names too", () => {
    const log = new EventLog(new FakeSys());
    const { seen } = listen(log, query());
    log.publish("container", "start", ID, { image: "busybox" });
    expect(seen[0]).toMatchObject({ status: "start", id: ID, from: "busybox", time: 1_700_000_000 });
  });

  test.skipIf(!hasSwagger)("an event is as the specification says", () => {
    const log = new EventLog(new FakeSys());
    const { seen } = listen(log, query());
    log.publish("container", "start", ID, { image: "busybox" });
    expect(problemsOf("get", "/events", 200, seen[0])).toEqual([]);
  });
});
