/**
 * Contexts: a tour of all that can be asked for, against what the real client printed when it was given the same
 * (context-tour.recorded.txt is `HOME=/tmp/ctx sh context-tour.sh` with docker 26.1 and without an engine).
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootVm, type Vm } from "../support/vm.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await bootVm();
});
afterAll(() => vm?.stop());

function besideThis(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** One command and what came of it. */
function steps(transcript: string): readonly string[] {
  return transcript.split(/^(?=> )/m).map((step) => step.trimEnd());
}

test("every step of the tour prints what the real client prints", async () => {
  await vm.put(new TextEncoder().encode(besideThis("context-tour.sh")), "/tmp/tour.sh");
  const { stdout } = await vm.run("sh /tmp/tour.sh 2>&1");
  expect(steps(stdout)).toEqual(steps(besideThis("context-tour.recorded.txt")));
});

test("the store is laid out as Docker's, whose files are taken over", async () => {
  const meta =
    '{"Name":"theirs","Metadata":{"Description":"of another client"},"Endpoints":{"docker":{"Host":"unix:///run/docker.sock"}}}';
  await vm.sh(
    "export HOME=/tmp/theirs; dir=$HOME/.docker/contexts/meta/$(printf theirs | sha256sum | cut -c1-64); " +
      `mkdir -p $dir; echo '${meta}' > $dir/meta.json; printf '{"currentContext":"theirs","other":{"kept":1}}' > $HOME/.docker/config.json`,
  );
  expect(
    await vm.sh("export HOME=/tmp/theirs; docker context show; docker ps -q; docker info -f '{{.ClientInfo.Context}}'"),
  ).toBe("theirs\ntheirs\n");
  await vm.sh("export HOME=/tmp/theirs; docker context use default");
  expect(JSON.parse(await vm.sh("cat /tmp/theirs/.docker/config.json"))).toEqual({ auths: {}, other: { kept: 1 } });
});
