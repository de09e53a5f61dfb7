import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { HtmlTagDescriptor, Plugin } from "vite";
import type { MachineManifest } from "../machine/machine-files.ts";

const source = fileURLToPath(new URL("../../build/machine/", import.meta.url));

/** The file that a request below /machine/ means, or undefined when there is none. */
function fileFor(url: string): string | undefined {
  const path = normalize(decodeURIComponent(new URL(url, "http://page").pathname));
  const file = join(source, path);
  return file.startsWith(source) && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

/** What a restore needs: asked for together with the page's own script instead of after it. */
function preloads(): HtmlTagDescriptor[] {
  const manifest = JSON.parse(readFileSync(join(source, "manifest.json"), "utf8")) as MachineManifest;
  return [manifest.state, manifest.wasm, manifest.bios, manifest.vgaBios].map(({ file }) => ({
    tag: "link",
    attrs: { rel: "preload", as: "fetch", crossorigin: "anonymous", href: `./machine/${file}` },
    injectTo: "head",
  }));
}

/** Puts what kernel-image built at machine/ beside the page: served in development, copied into the build. */
export function machineFiles(): Plugin {
  let outDir = "";
  return {
    name: "machine-files",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    configureServer(server) {
      server.middlewares.use("/machine", (request, response, next) => {
        const file = fileFor(request.url ?? "/");
        if (file === undefined) return next();
        response.setHeader("Content-Type", file.endsWith(".json") ? "application/json" : "application/octet-stream");
        response.setHeader("Content-Length", statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
    transformIndexHtml: (_html, { server }) => (server === undefined ? preloads() : []),
    async closeBundle() {
      await cp(source, join(outDir, "machine"), { recursive: true });
    },
  };
}
