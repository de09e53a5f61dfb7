import { html, type TemplateResult } from "lit";
import type { EngineSnapshot } from "../state/engine-snapshot.ts";
import "./containers-panel.ts";

/** A picture of the engine: a snapshot goes in, `run-command` comes out. */
export interface Panel {
  readonly id: string;
  readonly title: string;
  /** What stands beside the title: how much there is to see. */
  summary(snapshot: EngineSnapshot): string;
  render(snapshot: EngineSnapshot): TemplateResult;
}

/** The panels of the page, in their order. To add one: a file, and a line here. */
export const panels: readonly Panel[] = [
  {
    id: "containers",
    title: "Containers",
    summary: ({ containers }) => `${containers.filter(({ state }) => state === "running").length} running`,
    render: (snapshot) => html`<containers-panel .snapshot=${snapshot}></containers-panel>`,
  },
];
