import type { Loaded, MachineManifest, MachineSource } from "./machine-files.ts";

/** The files of the machine below `base` (ends in /) on a web server. */
export function fetchSource(base: string | URL): MachineSource {
  return {
    async manifest() {
      // Always asked for anew: it names everything else.
      const response = await request(new URL("manifest.json", base), { cache: "no-cache" });
      return (await response.json()) as MachineManifest;
    },
    async read(file, loaded) {
      return readBody(await request(new URL(file, base), {}), loaded);
    },
  };
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url.pathname}: the server answers ${response.status}`);
  return response;
}

async function readBody(response: Response, loaded: Loaded): Promise<ArrayBuffer> {
  if (response.body === null) return response.arrayBuffer();
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    parts.push(piece.value);
    length += piece.value.length;
    loaded(length);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}
