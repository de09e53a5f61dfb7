import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Block, Step } from "../../lessons/lesson.ts";
import { keepFocus, RunCommandEvent } from "../ui/run-command.ts";
import { sharedStyles } from "../ui/shared-styles.ts";
import { renderMarkdown } from "./markdown.ts";

/** One step: its text, its commands (a click types them into the terminal), and its solution for those who want it. */
@customElement("lesson-step")
export class LessonStep extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        gap: 12px;
        padding: 8px 16px;
        max-width: 640px;
      }
      h3 {
        font-size: 16px;
        line-height: 24px;
        font-weight: 650;
      }
      .text {
        display: grid;
        gap: 8px;
      }
      .text p {
        text-wrap: pretty;
      }
      .text code {
        padding: 1px 4px;
        border-radius: 3px;
        background: var(--raised);
      }
      pre {
        margin: 0;
        padding: 8px;
        overflow: auto;
        background: var(--raised);
        border-radius: 4px;
        font-size: 13px;
      }
      pre code {
        padding: 0;
      }
      a {
        color: inherit;
      }
      ul,
      ol {
        margin: 0;
        padding-left: 24px;
      }
      table {
        border-collapse: collapse;
        font-size: 13px;
      }
      th,
      td {
        padding: 4px 8px;
        text-align: left;
        border-bottom: 1px solid var(--line);
      }
      blockquote {
        margin: 0;
        padding-left: 12px;
        border-left: 2px solid var(--line);
        color: var(--quiet);
      }
      .command {
        display: flex;
        align-items: stretch;
        border: 1px solid var(--line);
        border-radius: 4px;
        background: var(--raised);
        overflow: hidden;
      }
      .command code {
        flex: 1;
        padding: 8px 12px;
        line-height: 20px;
        overflow-wrap: anywhere;
      }
      .command code::before {
        content: "$ ";
        color: var(--quiet);
        user-select: none;
      }
      .command button {
        flex: none;
        border: 0;
        border-left: 1px solid var(--line);
        border-radius: 0;
        padding: 0 12px;
      }
      .command button:hover {
        background: var(--button);
        color: var(--on-button);
      }
      .command button:focus-visible {
        outline-offset: -2px;
      }
      summary {
        cursor: pointer;
        font-size: 13px;
        color: var(--quiet);
      }
      details[open] summary {
        margin-bottom: 8px;
      }
    `,
  ];

  @property({ attribute: false }) step: Step | undefined;

  protected override render() {
    const { step } = this;
    if (step === undefined) return nothing;
    return html`
      <h3>${step.title}</h3>
      ${step.blocks.map(renderBlock)}
      <details .open=${false}>
        <summary>Show the solution</summary>
        ${step.solution.map(renderCommand)}
      </details>
    `;
  }
}

function renderBlock(block: Block) {
  return block.kind === "text"
    ? html`<div class="text">${renderMarkdown(block.markdown)}</div>`
    : renderCommand(block.command);
}

function renderCommand(command: string) {
  const run = (event: Event) => event.currentTarget?.dispatchEvent(new RunCommandEvent(command));
  return html`<div class="command">
    <code>${command}</code>
    <button aria-label="Run it: ${command}" @mousedown=${keepFocus} @click=${run}>Run it</button>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    "lesson-step": LessonStep;
  }
}
