import { expect, test } from "vitest";
import type { ContainerSummary } from "../../../../../guest/api/contract/container.ts";
import { COLUMN_MEMBERS, containerListing } from "../../../../../guest/cli/output/container-fields.ts";
import { formatListing } from "../../../../../guest/cli/output/listing.ts";
import { layOutColumns } from "../../../../../guest/sys/fake-text.ts";

const ROW: ContainerSummary = {
  Id: "0123456789abcdef",
  Names: ["/web"],
  Image: "busybox",
  ImageID: "sha256:abcdef0123456789",
  Command: "httpd -f",
  Created: 1000,
  Ports: [],
  Labels: {},
  State: "running",
  Status: "Up 5 seconds",
  HostConfig: { NetworkMode: "bridge" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

test.each([
  { size: false, quiet: false },
  { size: true, quiet: false },
  { size: false, quiet: true },
])("the usual columns and -q read no member that was not asked of the engine: %o", ({ size, quiet }) => {
  const read = new Set<string>();
  const row = new Proxy(ROW, {
    get(target, name) {
      read.add(String(name));
      return Reflect.get(target, name);
    },
  });
  const text = formatListing(
    { alignColumns: layOutColumns },
    containerListing({ now: 1010, truncate: true, size }),
    { format: "", quiet },
    [row],
  );
  expect(text).toContain("0123456789ab");
  expect([...read].filter((name) => !(COLUMN_MEMBERS as readonly string[]).includes(name))).toEqual([]);
});
