import { isAlive } from "../../runtime/container.ts";
import { closeView, type FilesView, viewRunning, viewStopped } from "../../runtime/files-view.ts";
import { containerPaths } from "../layout.ts";
import type { Container } from "./container.ts";
import { type LayerSource, layersBelow } from "./diff.ts";
import { checkSources, planMounts } from "./mounts.ts";
import { lastingMounts } from "./spec.ts";

/**
 * Shows a container's files to `look`, with what is mounted there. Of what does not run there is one view at a time, and
 * no start meanwhile (Container.files): two overlays with one writable layer know nothing of each other's changes.
 */
export function withFiles<T>(
  source: LayerSource,
  container: Container,
  look: (view: FilesView) => Promise<T>,
): Promise<T> {
  return container.running ? show(source, container, look) : container.files.run(() => show(source, container, look));
}

async function show<T>(source: LayerSource, container: Container, look: (view: FilesView) => Promise<T>): Promise<T> {
  const view = openView(source, container);
  try {
    return await look(view);
  } finally {
    closeView(source.sys, view);
  }
}

function openView(source: LayerSource, container: Container): FilesView {
  const { sys } = source;
  const { Pid: pid, ProcessStart: start } = container.state;
  if (container.running && isAlive(sys, pid, start)) return viewRunning(sys, pid);
  const paths = containerPaths(container.id);
  const planned = planMounts(container.config, container.hostConfig);
  checkSources(sys, planned);
  const overlay = {
    layers: layersBelow(source, container),
    upper: { directory: paths.upper, work: paths.work },
    target: paths.merged,
  };
  return viewStopped(sys, overlay, lastingMounts(container, planned));
}
