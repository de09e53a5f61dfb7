import { css, html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { sharedStyles } from "../ui/shared-styles.ts";
import type { BootStatus } from "./boot-status.ts";
import { initialBootStatus } from "./boot-status.ts";
import type { Theme } from "./color-scheme.ts";

const themes: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "auto", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** The name, how the machine is, the theme, and the way to a fresh machine. Emits `theme-change` and `reset-machine`. */
@customElement("app-header")
export class AppHeader extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 16px;
        min-height: 48px;
        padding: 0 16px;
        background: var(--surface);
        border-bottom: 1px solid var(--line);
      }
      h1 {
        display: flex;
        align-items: center;
        gap: 8px;
        font-size: 16px;
        font-weight: 700;
        letter-spacing: -0.01em;
      }
      svg {
        width: 24px;
        height: 24px;
      }
      .machine {
        font-size: 13px;
        color: var(--quiet);
      }
      .tools {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-left: auto;
        font-size: 13px;
      }
      select {
        font: inherit;
        color: var(--text);
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: 4px;
        height: 26px;
        padding: 0 4px;
      }
      @media (max-width: 640px) {
        .machine {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) status: BootStatus = initialBootStatus;
  @property({ attribute: false }) theme: Theme = "auto";
  @state() private confirming = false;

  protected override render() {
    return html`
      <h1>${logo} Drydock</h1>
      <span class="machine" role="status">${this.status.kind === "ready" ? this.status.message : ""}</span>
      <div class="tools">${this.confirming ? this.#renderConfirm() : this.#renderTools()}</div>
    `;
  }

  #renderTools() {
    return html`
      <label class="visually-hidden" for="theme">Colours</label>
      <select id="theme" title="Colours" .value=${this.theme} @change=${this.#changeTheme}>
        ${themes.map(({ value, label }) => html`<option value=${value} ?selected=${value === this.theme}>${label}</option>`)}
      </select>
      <button id="reset" ?disabled=${this.status.kind === "starting"} @click=${() => this.#ask(true)}>Reset machine</button>
    `;
  }

  #renderConfirm() {
    return html`
      <span role="alert">Throw this machine away and start a fresh one?</span>
      <button id="confirm" class="primary" @click=${this.#reset}>Reset</button>
      <button @click=${() => this.#ask(false)}>Keep it</button>
    `;
  }

  /** The keyboard stays where the question is, and goes back to where it came from. */
  #ask(confirming: boolean): void {
    this.confirming = confirming;
    const next = confirming ? "#confirm" : "#reset";
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(next)?.focus());
  }

  readonly #reset = (): void => {
    this.confirming = false;
    this.dispatchEvent(new Event("reset-machine", { bubbles: true, composed: true }));
  };

  readonly #changeTheme = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    const theme = themes.find((one) => one.value === value)?.value ?? "auto";
    this.dispatchEvent(new CustomEvent<Theme>("theme-change", { detail: theme, bubbles: true, composed: true }));
  };
}

const logo = html`<svg viewBox="0 0 32 32" aria-hidden="true">
  <path d="M2 21h28l-3 7H5z" fill="var(--quiet)" />
  <rect x="6" y="12" width="9" height="7" rx="1" fill="var(--container)" />
  <rect x="17" y="12" width="9" height="7" rx="1" fill="var(--container)" />
  <rect x="11.5" y="3" width="9" height="7" rx="1" fill="var(--image)" />
</svg>`;

declare global {
  interface HTMLElementTagNameMap {
    "app-header": AppHeader;
  }
}
