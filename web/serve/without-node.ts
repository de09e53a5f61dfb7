import type { Plugin } from "vite";

const ABSENT = "\0absent-in-browsers";

/** v86 asks for node's modules where there is a node; in the page those branches never run, and need no warning. */
export function withoutNode(): Plugin {
  return {
    name: "without-node",
    enforce: "pre",
    resolveId: (id) => (/^(node:)?(crypto|fs|fs\/promises|perf_hooks)$/.test(id) ? ABSENT : null),
    load: (id) => (id === ABSENT ? "export {};" : null),
  };
}
