import { bytecodeStage } from "./bytecode.ts";
import { guestBundleStage } from "./guest-bundle.ts";
import { imagesStage } from "./images.ts";
import { prebuiltStage } from "./prebuilt.ts";
import { publishStage } from "./publish.ts";
import { rootfsStage } from "./rootfs.ts";
import { snapshotStage } from "./snapshot.ts";
import type { Stage } from "./stage.ts";

/** From what comes with the clone to what the page loads. Each stage may use the results of those above it. */
export const STAGES: readonly Stage[] = [
  prebuiltStage,
  guestBundleStage,
  bytecodeStage,
  imagesStage,
  rootfsStage,
  snapshotStage,
  publishStage,
];
