import { describe, expect, test } from "vitest";
import { capabilityMask, planCapabilities } from "../../../../guest/runtime/capabilities.ts";
import { ALL_CAPABILITIES, DEFAULT_CAPABILITIES, processCapabilities } from "../../../../guest/runtime/default-spec.ts";

describe("capabilities", () => {
  test("Docker's fourteen are the mask that /proc shows in every container", () => {
    expect(capabilityMask(DEFAULT_CAPABILITIES)).toBe(0xa80425fbn);
  });

  test("all of them are forty-one bits", () => {
    expect(capabilityMask(ALL_CAPABILITIES)).toBe(0x1ffffffffffn);
  });

  test("root gets the list, and everything else leaves the bounding set", () => {
    const plan = planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 0));
    expect(plan.sets).toEqual({ effective: 0xa80425fbn, permitted: 0xa80425fbn, inheritable: 0n });
    expect(plan.dropped).toHaveLength(ALL_CAPABILITIES.length - DEFAULT_CAPABILITIES.length);
    expect(plan.dropped).toContain(ALL_CAPABILITIES.indexOf("CAP_SYS_ADMIN"));
    expect(plan.ambient).toEqual([]);
  });

  test("another user has none, within the same bounds", () => {
    const plan = planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 1000));
    expect(plan.sets).toEqual({ effective: 0n, permitted: 0n, inheritable: 0n });
    expect(plan.dropped).toEqual(planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 0)).dropped);
  });

  test("one plan serves all containers of one list", () => {
    const first = planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 0));
    expect(planCapabilities(processCapabilities(DEFAULT_CAPABILITIES, 0))).toBe(first);
  });

  test("an unknown name is refused", () => {
    expect(() => capabilityMask(["CAP_FLY"])).toThrow('unknown capability "CAP_FLY"');
  });
});
