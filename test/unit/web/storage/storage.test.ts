import { describe, expect, test } from "vitest";
import { createStorage } from "../../../../web/storage/storage.ts";

describe("storage without IndexedDB, as in a sandboxed frame", () => {
  test("nothing is there at first", async () => {
    expect(await createStorage().get("theme")).toBeUndefined();
  });

  test("values live as long as the page does", async () => {
    const storage = createStorage();
    await storage.set("theme", "dark");
    await storage.set("progress/01-first-container", { done: ["one"], current: "two" });
    expect(await storage.get("theme")).toBe("dark");
    expect(await storage.get("progress/01-first-container")).toEqual({ done: ["one"], current: "two" });
    expect(await storage.get("progress/02-other")).toBeUndefined();
  });
});
