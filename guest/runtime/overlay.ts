/**
 * Image layers below, one writable directory on top: overlayfs (Documentation/filesystems/overlayfs.rst). A learner sees
 * lowerdir=A:B:C with the top layer first, the other way round than an image lists them, and every change in upperdir.
 */
import { MOUNT_ATTR_RDONLY, O_PATH } from "../sys/constants.ts";
import type { Sys } from "../sys/sys.ts";

export interface Overlay {
  /** Directories of the layers, as an image lists them: the base first. */
  readonly layers: readonly string[];
  /** Absent: nothing can be written. */
  readonly upper?: { readonly directory: string; readonly work: string };
  readonly target: string;
}

/** mount(2) takes one page of options, and the kernel's own copy needs the closing zero. */
const PAGE = 4096;

/** The option string of mount(2): lower layers top first. Colons and commas in names are escaped as the kernel asks. */
export function overlayOptions({ layers, upper }: Overlay): string {
  let options = `lowerdir=${escapedTopFirst(layers).join(":")}`;
  if (upper !== undefined) options += `,upperdir=${escaped(upper.directory)},workdir=${escaped(upper.work)}`;
  return options;
}

/** Throws SysError; on failure nothing is mounted. */
export function mountOverlay(sys: Sys, overlay: Overlay): void {
  const options = overlayOptions(overlay);
  // UTF-8 is at most three bytes for one UTF-16 unit.
  if (options.length * 3 < PAGE || sys.utf8Encode(options).length < PAGE) {
    sys.mount("overlay", overlay.target, "overlay", 0, options);
  } else mountLayerByLayer(sys, overlay);
}

/**
 * The layers as one tree that nothing can be written to and no directory shows: a mount of its own, found by the descriptor
 * (fdPath) and gone with it. Layers as in {@link Overlay}; two at least, as the kernel asks of an overlay without upperdir.
 */
export function openLayers(sys: Sys, layers: readonly string[]): number {
  const fs = sys.fsopen("overlay");
  try {
    sys.fsconfigSet(fs, "source", "overlay");
    for (let at = layers.length - 1; at >= 0; at -= 1) sys.fsconfigSet(fs, "lowerdir+", layers[at] ?? "");
    sys.fsconfigCreate(fs);
    return sys.fsmount(fs, MOUNT_ATTR_RDONLY);
  } finally {
    sys.close(fs);
  }
}

/** The new mount API has no page to fill: each layer is one fsconfig(2) of "lowerdir+", top first. */
function mountLayerByLayer(sys: Sys, { layers, upper, target }: Overlay): void {
  const fs = sys.fsopen("overlay");
  let mounted = -1;
  try {
    sys.fsconfigSet(fs, "source", "overlay");
    for (let at = layers.length - 1; at >= 0; at -= 1) sys.fsconfigSet(fs, "lowerdir+", layers[at] ?? "");
    if (upper !== undefined) {
      sys.fsconfigSet(fs, "upperdir", upper.directory);
      sys.fsconfigSet(fs, "workdir", upper.work);
    }
    sys.fsconfigCreate(fs);
    mounted = sys.fsmount(fs, 0);
    const directory = sys.open(target, O_PATH);
    sys.moveMount(mounted, directory, "");
    sys.close(directory);
  } finally {
    if (mounted !== -1) sys.close(mounted);
    sys.close(fs);
  }
}

function escapedTopFirst(layers: readonly string[]): string[] {
  const names: string[] = [];
  for (let at = layers.length - 1; at >= 0; at -= 1) names.push(escaped(layers[at] ?? ""));
  return names;
}

function escaped(path: string): string {
  return path.replaceAll("\\", "\\\\").replaceAll(":", "\\:").replaceAll(",", "\\,");
}
