import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { keepFocus } from "../ui/run-command.ts";
import { sharedStyles } from "../ui/shared-styles.ts";
import type { OpenTerminal } from "./open-terminal.ts";
import "./terminal-view.ts";
import type { TerminalView } from "./terminal-view.ts";

interface Tab {
  readonly number: number;
  /** One shell more in the machine: each tab opens its own. */
  readonly title: string;
}

/**
 * Several terminals as tabs (arrow keys, Home, End; Delete closes), with search and the screen-reader switch beside them.
 * What is put inside stands over the terminals: for the time before there is a shell.
 */
@customElement("terminal-tabs")
export class TerminalTabs extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 8px;
        min-height: 40px;
        padding: 0 8px;
        background: var(--surface);
        border-bottom: 1px solid var(--line);
      }
      [role="tablist"] {
        display: flex;
        align-self: stretch;
      }
      [role="tab"] {
        min-height: 40px;
        border: 0;
        border-bottom: 2px solid transparent;
        border-radius: 0;
        color: var(--quiet);
      }
      [role="tab"][aria-selected="true"] {
        color: var(--text);
        border-bottom-color: var(--text);
      }
      .icon {
        padding: 0;
        width: 24px;
        border-color: transparent;
        font-size: 16px;
      }
      .hint {
        margin-left: auto;
        font-size: 12px;
        color: var(--quiet);
      }
      kbd {
        font: 11px/16px var(--code-font);
        padding: 0 4px;
        border: 1px solid var(--line);
        border-radius: 3px;
        background: var(--raised);
      }
      form {
        display: flex;
        align-items: center;
        gap: 4px;
        padding: 4px 0;
      }
      input {
        font: inherit;
        font-size: 13px;
        width: 160px;
        height: 24px;
        padding: 0 8px;
        color: var(--text);
        background: var(--raised);
        border: 1px solid var(--line);
        border-radius: 4px;
      }
      [aria-pressed="true"] {
        background: var(--raised);
        border-color: var(--quiet);
      }
      .views {
        flex: 1;
        min-height: 0;
        position: relative;
      }
      terminal-view {
        position: absolute;
        inset: 0;
        padding: 8px 0 0 8px;
      }
      @media (max-width: 640px) {
        .way-out {
          order: 1;
          width: 100%;
          padding-bottom: 8px;
        }
        .way-out + button {
          margin-left: auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) open: OpenTerminal | undefined;
  @property({ attribute: false }) scheme: "light" | "dark" = "dark";
  @property({ attribute: false }) screenReader = false;

  @state() private tabs: readonly Tab[] = [makeTab(1)];
  @state() private active = 1;
  @state() private finding = false;
  @state() private found = true;
  @query("input") private readonly findField!: HTMLInputElement | null;

  /** Puts the keyboard into the terminal in view. */
  override focus(): void {
    void this.updateComplete.then(() => this.activeView?.focus());
  }

  /** Types a command line into the terminal in view. */
  runCommand(command: string): void {
    this.activeView?.runCommand(command);
  }

  get activeView(): TerminalView | null {
    return this.renderRoot.querySelector<TerminalView>("terminal-view:not([hidden])");
  }

  protected override render() {
    return html`
      <div class="bar">
        <div role="tablist" aria-label="Terminals" @keydown=${this.#moveAlongTabs}>
          ${repeat(
            this.tabs,
            ({ number }) => number,
            (tab) => this.#renderTab(tab),
          )}
        </div>
        <button class="icon" aria-label="New terminal" title="New terminal" @mousedown=${keepFocus} @click=${this.#addTab}>
          +
        </button>
        ${
          this.tabs.length > 1
            ? html`<button class="icon" aria-label="Close this terminal" title="Close this terminal"
                @mousedown=${keepFocus} @click=${() => this.#closeTab(this.active)}>×</button>`
            : nothing
        }
        <span class="hint way-out"><kbd>Esc</kbd> then <kbd>Tab</kbd> leaves the terminal</span>
        <button aria-pressed=${this.screenReader} @mousedown=${keepFocus} @click=${this.#toggleScreenReader}>
          Screen reader
        </button>
        <button aria-expanded=${this.finding} title="Find in this terminal (Ctrl+Shift+F)" @click=${this.#toggleFind}>
          Find
        </button>
        ${this.finding ? this.#renderFind() : nothing}
      </div>
      <div class="views" @find-request=${this.#openFind}>
        ${repeat(
          this.tabs,
          ({ number }) => number,
          ({ number, title }) => html`<terminal-view
            id="view-${number}" role="tabpanel" aria-label=${title} ?hidden=${number !== this.active}
            .open=${this.open} .scheme=${this.scheme} .screenReader=${this.screenReader}></terminal-view>`,
        )}
        <slot></slot>
      </div>
    `;
  }

  #renderTab({ number, title }: Tab) {
    const selected = number === this.active;
    return html`<button role="tab" id="tab-${number}" aria-controls="view-${number}" aria-selected=${selected}
      tabindex=${selected ? 0 : -1} @mousedown=${keepFocus} @click=${() => this.#select(number)}>${title}</button>`;
  }

  #renderFind() {
    return html`<form role="search" @submit=${this.#findNext} @keydown=${this.#leaveFind}>
      <input type="search" aria-label="Find in this terminal" placeholder="Find" @input=${this.#findNext} />
      <button type="button" class="icon" aria-label="Previous" @click=${() => this.#find("previous")}>↑</button>
      <button class="icon" aria-label="Next">↓</button>
      <span class="hint" role="status">${this.found ? "" : "Not found"}</span>
    </form>`;
  }

  #addTab(): void {
    const number = Math.max(...this.tabs.map((tab) => tab.number)) + 1;
    this.tabs = [...this.tabs, makeTab(number)];
    this.#select(number);
  }

  #closeTab(number: number): void {
    if (this.tabs.length === 1) return;
    const index = this.tabs.findIndex((tab) => tab.number === number);
    this.tabs = this.tabs.filter((tab) => tab.number !== number);
    const next = this.tabs[Math.min(index, this.tabs.length - 1)];
    if (next !== undefined) this.#select(next.number);
  }

  /** The keyboard follows only when it was in a terminal: a new view must not take it from somewhere else. */
  #select(number: number): void {
    const wasTyping = this.shadowRoot?.activeElement?.localName === "terminal-view";
    this.active = number;
    if (wasTyping) this.focus();
  }

  readonly #moveAlongTabs = (event: KeyboardEvent): void => {
    if (event.key === "Delete") this.#closeTab(this.active);
    else if (!this.#selectByKey(event.key)) return;
    event.preventDefault();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${this.active}`)?.focus());
  };

  #selectByKey(key: string): boolean {
    const index = this.tabs.findIndex((tab) => tab.number === this.active);
    const places: Record<string, number> = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: -1 };
    const place = places[key];
    const tab = place === undefined ? undefined : this.tabs.at(place % this.tabs.length);
    if (tab !== undefined) this.active = tab.number;
    return tab !== undefined;
  }

  readonly #toggleScreenReader = (): void => {
    this.dispatchEvent(new Event("screen-reader-toggle", { bubbles: true, composed: true }));
  };

  readonly #toggleFind = (): void => {
    if (this.finding) this.finding = false;
    else this.#openFind();
  };

  readonly #openFind = (): void => {
    this.finding = true;
    void this.updateComplete.then(() => this.findField?.focus());
  };

  readonly #leaveFind = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    this.finding = false;
    this.focus();
  };

  readonly #findNext = (event: Event): void => {
    event.preventDefault();
    this.#find("next");
  };

  #find(direction: "next" | "previous"): void {
    const text = this.findField?.value ?? "";
    this.found = text === "" || (this.activeView?.find(text, direction) ?? false);
  }
}

function makeTab(number: number): Tab {
  return { number, title: `Terminal ${number}` };
}

declare global {
  interface HTMLElementTagNameMap {
    "terminal-tabs": TerminalTabs;
  }
}
