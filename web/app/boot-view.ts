import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { sharedStyles } from "../ui/shared-styles.ts";
import { type BootStatus, initialBootStatus } from "./boot-status.ts";

/** Stands where the terminal will be until there is one: how far the machine is, or what went wrong and what to do. */
@customElement("boot-view")
export class BootView extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        place-items: center;
        padding: 24px;
        background: var(--surface);
      }
      .box {
        display: grid;
        gap: 8px;
        width: min(400px, 100%);
      }
      progress {
        appearance: none;
        width: 100%;
        height: 4px;
        border: 0;
        background: var(--line);
        border-radius: 2px;
        overflow: hidden;
      }
      progress::-webkit-progress-bar {
        background: var(--line);
      }
      progress::-webkit-progress-value {
        background: var(--text);
      }
      progress::-moz-progress-bar {
        background: var(--text);
      }
      .failed {
        color: var(--bad);
        overflow-wrap: anywhere;
      }
      .quiet {
        color: var(--quiet);
        font-size: 13px;
      }
    `,
  ];

  @property({ attribute: false }) status: BootStatus = initialBootStatus;
  /** Why it takes longer than usual. */
  @property({ attribute: false }) note = "";

  protected override render() {
    const { status } = this;
    if (status.kind === "failed") {
      return html`<div class="box" role="alert">
        <p class="failed">The machine did not start: ${status.message}</p>
        <p class="quiet">Reload the page to try again. If it stays so, run <code>npm start</code> anew: it rebuilds the machine.</p>
      </div>`;
    }
    const fraction = status.kind === "ready" ? 1 : status.fraction;
    return html`<div class="box">
      <p id="what">${status.message}</p>
      <progress aria-labelledby="what" max="1" .value=${fraction}></progress>
      <p class="quiet" role="status">${this.note}</p>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "boot-view": BootView;
  }
}
