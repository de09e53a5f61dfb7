import { fdPath } from "../../runtime/in-root.ts";
import { openLayers } from "../../runtime/overlay.ts";
import { O_DIRECTORY, O_RDONLY } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { containerPaths } from "../layout.ts";
import type { TakenStream } from "./attach.ts";
import type { Container } from "./container.ts";
import { type LayerSource, layersBelow } from "./diff.ts";

/** `docker export`: all files of a container, running or not, as one tar to the client. */
export function exportContainer(source: LayerSource, container: Container, take: () => TakenStream): void {
  const { sys } = source;
  const root = openRoot(source, container);
  try {
    const { fd } = take();
    try {
      packInChild(sys, root, fd);
    } finally {
      sys.close(fd);
    }
  } finally {
    sys.close(root);
  }
}

/** What runs is mounted; of what does not, the layers are put together for as long as somebody reads them. */
function openRoot(source: LayerSource, container: Container): number {
  const { merged, upper } = containerPaths(container.id);
  if (container.running) return source.sys.open(merged, O_RDONLY | O_DIRECTORY);
  return openLayers(source.sys, [...layersBelow(source, container), upper]);
}

/** A slow reader holds up a child, not the engine. It has nothing else of ours: neither our lock nor our clients' sockets. */
function packInChild(sys: Sys, root: number, out: number): void {
  if (sys.fork() !== 0) return;
  let status = 1;
  try {
    sys.dup2(root, 0);
    sys.dup2(out, 1);
    sys.closeFrom(3);
    sys.tar(fdPath(0), 1, {});
    status = 0;
  } finally {
    sys.exit(status);
  }
}
