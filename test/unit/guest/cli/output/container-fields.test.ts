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

const ROWS: readonly ContainerSummary[] = [
  ROW,
  { ...ROW, Names: ["/web", "/other/alias"], Command: `sh -c "echo \t'${"long ".repeat(9)}'"`, Created: 3, SizeRw: 12 },
  { ...ROW, Image: "abcdef012345", Ports: [{ IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" }] },
  { ...ROW, Image: "", Names: ["/blå"], Status: "Exited (137) 3 days ago", SizeRw: 4200, SizeRootFs: 4_300_000 },
];

test.each([
  { truncate: true, size: false },
  { truncate: false, size: false },
  { truncate: true, size: true },
])("a line that is made at once is what its cells are: %o", ({ truncate, size }) => {
  const { columns, fields, view } = containerListing({ now: 1010, truncate, size });
  for (const row of ROWS) {
    const cells = columns.names.map((name) => fields[name]?.read(row, view, undefined));
    expect(columns.lineOf?.(view)(row)).toBe(`${cells.join("\t")}\n`);
  }
});
