/** The machine's root filesystem, as the archive the kernel unpacks: rootfs/ as it lies here, and what was built. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { busyboxLinks } from "./busybox-links.ts";
import { BYTECODE } from "./bytecode.ts";
import { packCpio } from "./cpio.ts";
import { SOURCE_LINES } from "./guest-bundle.ts";
import { IMAGES_ARCHIVE } from "./images.ts";
import { ROOT } from "./paths.ts";
import { PREBUILT } from "./prebuilt.ts";
import { readFolder } from "./read-folder.ts";
import type { Stage } from "./stage.ts";
import { completeTree, type TreeEntry } from "./tree.ts";

export const INITRD = "build/rootfs/initrd.cpio";

/** Names under which the one binary of ours is called (guest/sys/main.c tells them apart). */
const TOOLS = ["docker", "docker-init", "docker-logs", "docker-shim", "drydock-pipe", "drydock-time"];

const FOLDERS: readonly TreeEntry[] = [
  ...["dev", "etc", "mnt", "opt", "proc", "run", "srv", "sys", "usr/local/bin", "var/lib/docker", "var/log"].map(
    (path) => ({ kind: "directory", path, mode: 0o755 }) as const,
  ),
  { kind: "directory", path: "root", mode: 0o700 },
  { kind: "directory", path: "tmp", mode: 0o1777 },
  { kind: "symlink", path: "var/run", target: "/run" },
  { kind: "device", path: "dev/console", mode: 0o600, major: 5, minor: 1 },
];

/** What the kernel starts: it moves the root to a tmpfs and gives way to the init that stays. */
const INITRAMFS_INIT = "kernel-image/initramfs/init";

export const rootfsStage: Stage = {
  name: "rootfs",
  title: "packing the root filesystem",
  inputs: [
    "kernel-image/rootfs.ts",
    "kernel-image/busybox-links.ts",
    "kernel-image/cpio.ts",
    "kernel-image/tree.ts",
    { folder: "kernel-image/rootfs" },
    INITRAMFS_INIT,
    PREBUILT.host,
    PREBUILT.tools,
    PREBUILT.busybox,
    PREBUILT.busyboxLinks,
    BYTECODE,
    SOURCE_LINES,
    IMAGES_ARCHIVE,
  ],
  async run() {
    const path = join(ROOT, INITRD);
    await mkdir(dirname(path), { recursive: true });
    // The kernel unpacks one archive after the other.
    const archives = [packCpio(completeTree(await rootTree())), await readFile(join(ROOT, IMAGES_ARCHIVE))];
    await writeFile(path, Buffer.concat(archives));
    return [INITRD];
  },
};

async function rootTree(): Promise<readonly TreeEntry[]> {
  const read = (path: string): Promise<Buffer> => readFile(join(ROOT, path));
  return [
    ...FOLDERS,
    ...(await readFolder(join(ROOT, "kernel-image/rootfs"))),
    { kind: "file", path: "bin/busybox", mode: 0o755, content: await read(PREBUILT.busybox) },
    ...busyboxLinks(await readFile(join(ROOT, PREBUILT.busyboxLinks), "utf8"), "bin/busybox"),
    { kind: "file", path: "usr/bin/drydock", mode: 0o755, content: await read(PREBUILT.host) },
    { kind: "symlink", path: "usr/bin/dockerd", target: "drydock" },
    { kind: "symlink", path: "usr/sbin/nft", target: "../bin/drydock" },
    { kind: "file", path: "usr/bin/drydock-tools", mode: 0o755, content: await read(PREBUILT.tools) },
    ...TOOLS.map((name) => ({ kind: "symlink", path: `usr/bin/${name}`, target: "drydock-tools" }) as const),
    { kind: "file", path: "init", mode: 0o755, content: await read(INITRAMFS_INIT) },
    { kind: "symlink", path: "sbin/init", target: "../usr/bin/drydock" },
    { kind: "file", path: "usr/lib/drydock/main.qbc", mode: 0o644, content: await read(BYTECODE) },
    { kind: "file", path: "usr/lib/drydock/main.lines", mode: 0o644, content: await read(SOURCE_LINES) },
  ];
}
