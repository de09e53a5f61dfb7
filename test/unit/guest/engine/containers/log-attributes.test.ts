import { describe, expect, test } from "vitest";
import type { Container } from "../../../../../guest/engine/containers/container.ts";
import {
  attributesAsJson,
  attributesAsQuery,
  logAttributes,
} from "../../../../../guest/engine/containers/log-attributes.ts";
import { fakeEngine, IMAGE_ID } from "../fake-store.ts";

function create(Config: Readonly<Record<string, string>>): Container {
  const { containers } = fakeEngine();
  const request = {
    Image: "busybox",
    Env: ["NAME=va=lue", "OTHER=1", "<&>=x y"],
    Labels: { tier: "db", team: "b & c", "a/b": "ü" },
    HostConfig: { LogConfig: { Config } },
  };
  containers.create(request, { name: "web", platform: "" });
  return containers.find("web");
}

describe("what is written beside each line", () => {
  test("is nothing, when nothing was asked for", () => {
    const web = create({});
    expect([logAttributes(web), attributesAsJson(web), attributesAsQuery(web)]).toEqual([[], "", ""]);
  });

  test("are the labels and variables that are named, as far as there are such", () => {
    expect(logAttributes(create({ labels: "tier,none", env: "NAME,PATH,tier" }))).toEqual([
      ["NAME", "va=lue"],
      ["PATH", "/bin"],
      ["tier", "db"],
    ]);
  });

  test("are those whose names an expression finds", () => {
    expect(logAttributes(create({ "labels-regex": "^t", "env-regex": "THER$" }))).toEqual([
      ["OTHER", "1"],
      ["team", "b & c"],
      ["tier", "db"],
    ]);
  });

  test("is a tag of text and of what the container is", () => {
    const web = create({ tag: "{{.Name}}/{{ .ID }} {{.ImageName}} {{.ImageFullID}} {{.DaemonName}}" });
    expect(logAttributes(web)).toEqual([["tag", `web/${web.id.slice(0, 12)} busybox ${IMAGE_ID} docker`]]);
  });

  test("is JSON as Go writes it, in the order of the names", () => {
    expect(attributesAsJson(create({ labels: "team", env: "<&>" }))).toBe(
      '{"\\u003c\\u0026\\u003e":"x y","team":"b \\u0026 c"}',
    );
  });

  test("is escaped as in a query for --details", () => {
    expect(attributesAsQuery(create({ labels: "team,a/b", env: "NAME" }))).toBe(
      "NAME=va%3Dlue,a%2Fb=%C3%BC,team=b+%26+c",
    );
  });
});
