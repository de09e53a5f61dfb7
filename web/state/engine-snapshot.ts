import type { ContainerStatus } from "../../guest/api/contract/container.ts";

/** One container as the page knows it. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly command: string;
  readonly state: ContainerStatus;
  /** For people, as in `docker ps`: "Up 3 minutes". */
  readonly status: string;
  /** As in `docker ps`: "0.0.0.0:8080->80/tcp". */
  readonly ports: readonly string[];
}

/** Everything the page knows about the engine at one moment. Never changed, only replaced. */
export interface EngineSnapshot {
  /** `waiting` until the first answer; `lost` while the engine does not answer. */
  readonly connection: "waiting" | "connected" | "lost";
  /** Newest first, stopped ones too. */
  readonly containers: readonly ContainerRow[];
  /** The last change in words, for screen readers. */
  readonly announcement: string;
}

export const emptySnapshot: EngineSnapshot = { connection: "waiting", containers: [], announcement: "" };
