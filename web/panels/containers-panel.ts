import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { type ContainerRow, type EngineSnapshot, emptySnapshot } from "../state/engine-snapshot.ts";
import { keepFocus, RunCommandEvent } from "../ui/run-command.ts";
import { sharedStyles } from "../ui/shared-styles.ts";

/** The first command that makes something appear here. */
const FIRST_COMMAND = "docker run -d --name web busybox httpd -f -h /www";

/**
 * `docker ps -a` as a table that keeps itself current. Its buttons type the command that they stand for: what a learner
 * can click here, a learner can type there.
 */
@customElement("containers-panel")
export class ContainersPanel extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 13px;
        line-height: 20px;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        font-weight: 500;
        text-align: left;
        color: var(--quiet);
        background: var(--surface);
        box-shadow: inset 0 -1px var(--line);
      }
      th,
      td {
        padding: 6px 8px;
        vertical-align: middle;
      }
      th:first-child,
      td:first-child {
        padding-left: 16px;
      }
      th:last-child,
      td:last-child {
        padding-right: 16px;
        text-align: right;
        white-space: nowrap;
      }
      tbody tr + tr td {
        border-top: 1px solid var(--line);
      }
      .name {
        font-weight: 600;
        color: var(--container);
        white-space: nowrap;
      }
      .image {
        color: var(--image);
        white-space: nowrap;
      }
      .status,
      .ports {
        white-space: nowrap;
      }
      .none {
        color: var(--quiet);
      }
      /* Takes what the others leave, and no more. */
      .command {
        width: 100%;
        max-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 6px;
      }
      .mark {
        flex: none;
        width: 10px;
        height: 10px;
        border-radius: 2px;
        border: 2px solid var(--quiet);
      }
      .running .mark {
        background: var(--container);
        border-color: var(--container);
      }
      .paused .mark {
        border-color: var(--container);
      }
      .failed .mark {
        border-color: var(--bad);
      }
      .empty {
        padding: 16px;
        max-width: 640px;
        display: grid;
        gap: 8px;
      }
      .empty p {
        color: var(--quiet);
      }
      .run {
        justify-self: start;
        max-width: 100%;
        text-align: left;
        font-family: var(--code-font);
      }
      .notice {
        padding: 8px 16px;
        font-size: 13px;
        color: var(--bad);
        border-bottom: 1px solid var(--line);
      }
      @container (max-width: 840px) {
        .command,
        .ports {
          display: none;
        }
        .status {
          width: 100%;
        }
      }
      @container (max-width: 640px) {
        thead {
          display: none;
        }
        tr {
          display: grid;
          grid-template-columns: auto 1fr;
          gap: 0 8px;
          padding: 8px 16px;
        }
        tbody tr + tr {
          border-top: 1px solid var(--line);
        }
        td,
        td:first-child,
        td:last-child {
          padding: 2px 0;
          border: 0 !important;
        }
        td:last-child {
          text-align: left;
        }
        .status,
        td:last-child {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property({ attribute: false }) snapshot: EngineSnapshot = emptySnapshot;

  protected override render() {
    return html`
      <p class="visually-hidden" role="status" aria-live="polite">${this.snapshot.announcement}</p>
      ${this.#renderConnection()}
      ${this.snapshot.containers.length === 0 ? this.#renderEmpty() : this.#renderTable(this.snapshot.containers)}
    `;
  }

  #renderConnection() {
    return this.snapshot.connection === "lost"
      ? html`<p class="notice" role="status">The engine does not answer. This is what it last said; asking again …</p>`
      : nothing;
  }

  #renderEmpty() {
    if (this.snapshot.connection === "lost") return nothing;
    if (this.snapshot.connection === "waiting") return html`<div class="empty"><p>Waiting for the engine …</p></div>`;
    return html`<div class="empty">
      <p>
        No containers yet. A container is a process that the kernel shows a world of its own. Start one that keeps
        running, and it appears here:
      </p>
      ${commandButton(FIRST_COMMAND, FIRST_COMMAND, `Run: ${FIRST_COMMAND}`, "run")}
    </div>`;
  }

  #renderTable(rows: readonly ContainerRow[]) {
    return html`<table>
      <caption class="visually-hidden">
        Containers, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Image</th>
          <th scope="col" class="command">Command</th>
          <th scope="col" class="status">Status</th>
          <th scope="col" class="ports">Ports</th>
          <th scope="col"><span class="visually-hidden">Commands</span></th>
        </tr>
      </thead>
      <tbody>
        ${repeat(rows, ({ id }) => id, renderRow)}
      </tbody>
    </table>`;
  }
}

function renderRow(row: ContainerRow): TemplateResult {
  return html`<tr data-name=${row.name} data-state=${row.state}>
    <td title=${row.id}><span class="name">${row.name}</span></td>
    <td class="image">${row.image}</td>
    <td class="command" title=${row.command}><code>${row.command.replace(/^"|"$/g, "")}</code></td>
    <td class="status"><span class="state ${markOf(row)}"><span class="mark"></span>${row.status}</span></td>
    <td class="ports">${row.ports.length === 0 ? html`<span class="none">none</span>` : row.ports.join(", ")}</td>
    <td>${actionsFor(row)}</td>
  </tr>`;
}

/** Colour is never alone: the status says the same in words. */
function markOf({ state, status }: ContainerRow): string {
  if (state === "running" || state === "paused") return state;
  return state === "dead" || /^Exited \((?!0\))/.test(status) ? "failed" : "stopped";
}

/** What makes sense now, as `docker` commands. */
function actionsFor({ name, state }: ContainerRow): readonly TemplateResult[] {
  const verbs: readonly string[] =
    state === "running" ? ["stop", "logs"] : state === "paused" ? ["unpause", "logs"] : ["start", "logs", "rm"];
  return verbs.map((verb) => commandButton(verb, `docker ${verb} ${name}`, `${verb} ${name}`));
}

function commandButton(text: string, command: string, label: string, kind = ""): TemplateResult {
  const run = (event: Event) => event.currentTarget?.dispatchEvent(new RunCommandEvent(command));
  return html` <button class=${kind} aria-label=${label} title=${command} @mousedown=${keepFocus} @click=${run}>${text}</button>`;
}

declare global {
  interface HTMLElementTagNameMap {
    "containers-panel": ContainersPanel;
  }
}
