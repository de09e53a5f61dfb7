import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { toArrayBuffer } from "../../../../kernel-image/machine-inputs.ts";
import type { Machine, MachineImages, MachineOptions } from "../../../../web/machine/machine.ts";
import type { MachineManifest, MachineSource } from "../../../../web/machine/machine-files.ts";
import { startMachine } from "../../../../web/machine/start-machine.ts";

interface Start {
  readonly images: readonly string[];
  readonly options: MachineOptions;
}

/** Records how it is started; a restore fails when told so. */
function recordMachine(starts: Start[], restoreFails?: string): Machine {
  const machine = {
    async start(images: MachineImages, options: MachineOptions) {
      starts.push({ images: Object.keys(images).sort(), options });
      if (images.state !== undefined && restoreFails !== undefined) throw new Error(restoreFails);
    },
  };
  return machine as unknown as Machine;
}

function makeSource(damaged?: string): { readonly source: MachineSource; readonly reads: string[] } {
  const reads: string[] = [];
  const file = (name: string) => {
    const sha256 = createHash("sha256").update(name).digest("hex");
    return { file: name, transfer: name.length, bytes: name.length, sha256 };
  };
  const manifest: MachineManifest = {
    format: 1,
    memoryMegabytes: 128,
    network: true,
    wasm: file("wasm"),
    bios: file("bios"),
    vgaBios: file("vgaBios"),
    kernel: file("kernel"),
    initrd: file("initrd"),
    state: file("state"),
  };
  const source: MachineSource = {
    manifest: async () => manifest,
    async read(name, loaded) {
      reads.push(name);
      loaded(name.length);
      const content = name === damaged ? name.toUpperCase() : name;
      return new TextEncoder().encode(content).buffer;
    },
  };
  return { source, reads };
}

const RESTORED = ["bios", "state", "vgaBios", "wasm"];
const BOOTED = ["bios", "initrd", "kernel", "vgaBios", "wasm"];

async function start(
  options: Parameters<typeof startMachine>[2] = {},
  trouble: { damaged?: string; fails?: string } = {},
) {
  const starts: Start[] = [];
  const notes: string[] = [];
  const { source, reads } = makeSource(trouble.damaged);
  await startMachine(recordMachine(starts, trouble.fails), source, { note: (text) => notes.push(text), ...options });
  return { starts, notes, reads };
}

describe("the saved machine", () => {
  test("is restored, without fetching what only a boot needs", async () => {
    const { starts, notes, reads } = await start();
    expect(starts).toEqual([{ images: RESTORED, options: { memoryMegabytes: 128, network: true } }]);
    expect(notes).toEqual([]);
    expect([...reads].sort()).toEqual(RESTORED);
  });

  test("that is damaged is not started: the machine boots and says why", async () => {
    const { starts, notes } = await start({}, { damaged: "state" });
    expect(starts.map(({ images }) => images)).toEqual([BOOTED]);
    expect(notes[0]).toMatch(/the saved machine cannot be used: state is damaged .*; booting instead/);
  });

  test("that does not wake up is given up: the machine boots and says why", async () => {
    const { starts, notes } = await start({}, { fails: "the guest's pipe did not answer in 20000 ms" });
    expect(starts.map(({ images }) => images)).toEqual([RESTORED, BOOTED]);
    expect(notes).toEqual([
      "the saved machine cannot be used: the guest's pipe did not answer in 20000 ms; booting instead",
    ]);
  });

  test("of another size is passed over", async () => {
    const { starts, notes } = await start({ memoryMegabytes: 256 });
    expect(starts).toEqual([{ images: BOOTED, options: { memoryMegabytes: 256, network: true } }]);
    expect(notes).toEqual(["the saved machine has 128 MB of memory, not 256 MB; booting instead"]);
  });
});

describe("a boot", () => {
  test("that was asked for needs no explanation", async () => {
    const { starts, notes } = await start({ cold: true });
    expect(starts.map(({ images }) => images)).toEqual([BOOTED]);
    expect(notes).toEqual([]);
  });

  test("takes words for the kernel", async () => {
    const { starts } = await start({ commandLine: "init_on_free=1" });
    expect(starts[0]?.options.commandLine).toBe("init_on_free=1");
  });

  test("with a damaged kernel is an error that names the file", async () => {
    await expect(start({ cold: true }, { damaged: "kernel" })).rejects.toThrow("kernel is damaged");
  });
});

test.each([
  ["as it was packed", (content: Uint8Array<ArrayBuffer>) => gzipSync(content)],
  ["unpacked on the way", (content: Uint8Array<ArrayBuffer>) => content],
])(
  "a file whose name ends in .gz is good, whether it comes %s, and its digest is that of the content",
  async (_, send) => {
    const starts: MachineImages[] = [];
    const machine = { start: async (images: MachineImages) => void starts.push(images) } as unknown as Machine;
    const { source } = makeSource();
    const manifest = await source.manifest();
    await startMachine(machine, {
      manifest: async () => ({ ...manifest, wasm: { ...manifest.wasm, file: "wasm.gz" } }),
      read: async (name, loaded) =>
        toArrayBuffer(send(new Uint8Array(await source.read(name.replace(/\.gz$/, ""), loaded)))),
    });
    expect(starts.map(({ wasm }) => new TextDecoder().decode(wasm))).toEqual(["wasm"]);
  },
);

test("the share of bytes that have come goes up to one", async () => {
  const shares: number[] = [];
  await start({ loading: (share) => shares.push(share) });
  expect(shares.at(-1)).toBe(1);
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
});

test("a file that the browser unpacks on the way counts as the bytes that travel", async () => {
  const shares: number[] = [];
  const { source } = makeSource();
  const unpacking: MachineSource = {
    ...source,
    read: (name, loaded) => source.read(name, (count) => loaded(name === "wasm" ? count * 1000 : count)),
  };
  await startMachine(recordMachine([]), unpacking, { loading: (share) => shares.push(share) });
  expect(shares[0]).toBeCloseTo("wasm".length / RESTORED.join("").length);
  expect(shares.at(-1)).toBe(1);
});
