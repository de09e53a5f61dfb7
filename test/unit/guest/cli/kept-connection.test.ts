import { beforeEach, describe, expect, test } from "vitest";
import { KeptConnection } from "../../../../guest/cli/kept-connection.ts";
import { O_RDWR } from "../../../../guest/sys/constants.ts";
import { FakeSys } from "../../../../guest/sys/fake.ts";

const PLACE = 6;
const UNIX = "unix:///var/run/docker.sock";

describe("the connection between two commands", () => {
  let sys: FakeSys;
  let kept: KeptConnection;
  let nothing: number;

  beforeEach(() => {
    sys = new FakeSys();
    sys.mkdirAll("/dev");
    sys.writeFile("/dev/null", "");
    nothing = sys.open("/dev/null", O_RDWR);
    kept = new KeptConnection(sys, PLACE, nothing);
    kept.begin();
    sys.calls.length = 0;
  });

  test("there is none at first, and the place is taken all the same", () => {
    expect(kept.take(UNIX)).toBe(null);
    expect(sys.openDescriptors()).toContain(PLACE);
  });

  test("is handed on at its place, to one command at a time", () => {
    const fd = sys.open("/dev/null", O_RDWR);
    kept.keep(UNIX, fd);
    expect(sys.calls).toContain(`dup2(${fd},${PLACE})`);
    expect(kept.take(UNIX)).toBe(PLACE);
    expect(kept.take(UNIX)).toBe(null);
    sys.calls.length = 0;
    kept.keep(UNIX, PLACE);
    kept.settle();
    expect(sys.calls).toEqual([]);
    expect(kept.take(UNIX)).toBe(PLACE);
  });

  test("is nobody's who asks for another endpoint", () => {
    kept.keep(UNIX, sys.open("/dev/null", O_RDWR));
    expect(kept.take("tcp://127.0.0.1:2375")).toBe(null);
    kept.settle();
    expect(kept.take(UNIX)).toBe(PLACE);
  });

  test("is dropped when the command did not give it back", () => {
    kept.keep(UNIX, sys.open("/dev/null", O_RDWR));
    kept.take(UNIX);
    sys.calls.length = 0;
    kept.settle();
    expect(sys.calls[0]).toBe(`dup2(${nothing},${PLACE})`);
    expect(kept.take(UNIX)).toBe(null);
  });
});
