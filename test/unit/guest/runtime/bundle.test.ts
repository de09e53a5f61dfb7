import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv, type AnySchemaObject } from "ajv";
import { describe, expect, test } from "vitest";
import { configJson, readBundle, specProblems, writeBundle } from "../../../../guest/runtime/bundle.ts";
import { DEFAULT_CAPABILITIES, DEFAULT_PATH, processCapabilities } from "../../../../guest/runtime/default-spec.ts";
import { RLIM_INFINITY } from "../../../../guest/runtime/rlimits.ts";
import type { Process, Spec } from "../../../../guest/runtime/spec.ts";
import { defaultSpec } from "./default-container.ts";
import { FakeKernel } from "./fake-kernel.ts";

const process: Process = {
  terminal: true,
  consoleSize: { height: 24, width: 80 },
  user: { uid: 0, gid: 0, additionalGids: [0, 10] },
  args: ["sh", "-c", "echo hi"],
  env: [DEFAULT_PATH, "HOSTNAME=box"],
  cwd: "/",
  capabilities: processCapabilities(DEFAULT_CAPABILITIES, 0),
  rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: RLIM_INFINITY }],
  oomScoreAdj: 0,
};

const spec = (privileged: boolean): Spec =>
  defaultSpec({
    root: { path: "/var/lib/docker/overlay2/abc/merged" },
    hostname: "box",
    process,
    mounts: [{ destination: "/data", type: "bind", source: "/srv", options: ["rbind", "ro", "rprivate"] }],
    network: "/run/docker/netns/abc",
    cgroup: "docker/abc",
    resources: { memory: { limit: 1 << 26 }, cpu: { quota: 50_000, period: 100_000 }, pids: { limit: 100 } },
    privileged,
  });

describe("config.json", () => {
  test("comes back as it was written", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/bundle");
    writeBundle(sys, "/bundle", spec(false));
    expect(readBundle(sys, "/bundle")).toEqual(spec(false));
    expect(specProblems(spec(true))).toEqual([]);
  });

  test("says no limit in the specification's own number", () => {
    expect(configJson(spec(false))).toContain('"hard":18446744073709551615');
  });

  test("carries the seccomp profile unless privileged", () => {
    expect(JSON.parse(configJson(spec(false))).linux.seccomp.defaultAction).toBe("SCMP_ACT_ERRNO");
    expect(JSON.parse(configJson(spec(true))).linux.seccomp).toBeUndefined();
  });

  test("a file that is none says what is wrong with it", () => {
    const sys = new FakeKernel();
    sys.mkdirAll("/bundle");
    sys.writeFile("/bundle/config.json", '{"ociVersion":"1.2.0","process":{"args":[]}}');
    expect(() => readBundle(sys, "/bundle")).toThrow("process.args must not be empty");
    sys.writeFile("/bundle/config.json", "{");
    expect(() => readBundle(sys, "/bundle")).toThrow("/bundle/config.json");
  });

  test("a namespace may be listed once", () => {
    const twice = { ...spec(false), linux: { namespaces: [{ type: "pid" }, { type: "pid" }] } };
    expect(specProblems(twice)).toEqual(["linux.namespaces must list known namespaces once each"]);
  });
});

const schemas = resolve(import.meta.dirname, "../../../../../shared/data/oci-runtime-schema");
const hint = existsSync(schemas) ? "" : " (skipped: ../shared/data/oci-runtime-schema is not here)";

describe.skipIf(hint !== "")(`the OCI runtime schema${hint}`, () => {
  test("accepts what we write, confined and privileged", () => {
    const validate = compileSchema();
    for (const privileged of [false, true]) {
      validate(JSON.parse(configJson(spec(privileged))));
      expect(validate.errors ?? []).toEqual([]);
    }
  });

  test("refuses what is none, so the line above means something", () => {
    const validate = compileSchema();
    expect(validate({ ...spec(false), process: { cwd: 7 } })).toBe(false);
    expect(validate({ ...spec(false), linux: { namespaces: [{ type: "magic" }] } })).toBe(false);
  });
});

/** The files are draft-04 and name each other by file name; what other systems need is not among them. */
function compileSchema(): ReturnType<Ajv["compile"]> {
  const ajv = new Ajv({ strict: false, validateSchema: false, logger: false });
  for (const file of readdirSync(schemas)) {
    const { id, $schema, ...schema } = JSON.parse(readFileSync(join(schemas, file), "utf8")) as AnySchemaObject;
    ajv.addSchema(schema, file);
  }
  for (const other of ["solaris", "windows", "vm", "zos", "freebsd"]) {
    ajv.addSchema({ [other]: {} }, `config-${other}.json`);
  }
  return ajv.compile({ $ref: "config-schema.json" });
}
