import { describe, expect, test } from "vitest";
import { ConfigFile } from "../../../../guest/cli/config-file.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";

const BEGIN = "Error loading config file: /d/config.json: ";

function load(text: string | null): ConfigFile {
  const sys = new FakeSys();
  sys.mkdirAll("/d", 0o700);
  if (text !== null) sys.writeFile("/d/config.json", text);
  return new ConfigFile(sys, "/d");
}

describe("config.json", () => {
  // As the Docker CLI 26.1.5 warns of it, and goes on.
  test.each([
    [null, null],
    ["", null],
    [" \n", null],
    ["{}", null],
    ["null", null],
    ["{bad", "invalid character 'b' looking for beginning of object key string"],
    ['{"a":1', "unexpected EOF"],
    ["[1]", "json: cannot unmarshal array into Go value of type configfile.ConfigFile"],
    ['"x"', "json: cannot unmarshal string into Go value of type configfile.ConfigFile"],
    ["1", "json: cannot unmarshal number into Go value of type configfile.ConfigFile"],
    ["true", "json: cannot unmarshal bool into Go value of type configfile.ConfigFile"],
  ])("%j", (text, problem) => {
    const config = load(text);
    expect(config.problem).toBe(problem === null ? null : BEGIN + problem);
    expect(config.text("currentContext")).toBe("");
  });

  test("that is in order settles things", () => {
    const config = load('{"currentContext":"far","plugins":{}}');
    expect([config.problem, config.text("currentContext")]).toEqual([null, "far"]);
  });
});
