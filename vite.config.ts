import { defineConfig } from "vite";
import { machineFiles } from "./web/serve/machine-files.ts";
import { withoutNode } from "./web/serve/without-node.ts";

/** The page: static files that work below any path, in an iframe, and without a network. */
export default defineConfig({
  root: new URL("web", import.meta.url).pathname,
  base: "./",
  // What is not there is a 404: a machine file must never be answered with index.html.
  appType: "mpa",
  plugins: [machineFiles()],
  worker: { format: "es", plugins: () => [withoutNode()] },
  build: {
    outDir: new URL("dist", import.meta.url).pathname,
    emptyOutDir: true,
    target: "es2023",
    // One chunk less is one round trip less before the prompt.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1024,
  },
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
});
