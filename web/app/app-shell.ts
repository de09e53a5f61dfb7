import { css, html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { LessonPlayer } from "../lesson/lesson-player.ts";
import { panels } from "../panels/panels.ts";
import { type EngineSnapshot, emptySnapshot } from "../state/engine-snapshot.ts";
import type { Storage } from "../storage/storage.ts";
import type { OpenTerminal } from "../terminal/open-terminal.ts";
import type { TerminalTabs } from "../terminal/terminal-tabs.ts";
import type { TerminalView } from "../terminal/terminal-view.ts";
import type { RunCommandEvent } from "../ui/run-command.ts";
import { sharedStyles } from "../ui/shared-styles.ts";
import { type BootStatus, initialBootStatus } from "./boot-status.ts";
import { applyTheme, onSystemScheme, schemeOf, type Theme } from "./color-scheme.ts";
import "../lesson/lesson-player.ts";
import "../terminal/terminal-tabs.ts";
import "./app-header.ts";
import "./boot-view.ts";

/** What stands beside (or, on a narrow page, below) the terminal. */
type Region = "lesson" | "panels";

/**
 * The page's regions. The terminal comes first: it never scrolls away, is never covered once it has a shell, and its size
 * changes only when the window's does.
 */
@customElement("app-shell")
export class AppShell extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: grid;
        height: 100dvh;
        /* 320: on a screen of 1024 the terminal then has the 80 columns that programs count on. */
        grid-template: auto auto minmax(0, 1fr) / clamp(320px, 30vw, 480px) minmax(0, 1fr);
        grid-template-areas: "header header" "note note" "lesson work";
        gap: 0;
      }
      .skip {
        position: absolute;
        left: 8px;
        top: -64px;
        z-index: 2;
        padding: 8px 16px;
        background: var(--button);
        color: var(--on-button);
        border-radius: 4px;
      }
      .skip:focus {
        top: 8px;
      }
      app-header {
        grid-area: header;
      }
      .note {
        grid-area: note;
        display: flex;
        gap: 16px;
        align-items: center;
        padding: 4px 16px;
        font-size: 13px;
        background: var(--raised);
        border-bottom: 1px solid var(--line);
      }
      .note button {
        margin-left: auto;
      }
      .lesson {
        grid-area: lesson;
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--surface);
        border-right: 1px solid var(--line);
      }
      .work {
        grid-area: work;
        display: grid;
        min-height: 0;
        grid-template-rows: minmax(0, 1fr) clamp(168px, 30vh, 360px);
      }
      .terminal {
        display: flex;
        min-height: 0;
        min-width: 0;
      }
      terminal-tabs {
        flex: 1;
      }
      boot-view {
        position: absolute;
        inset: 0;
      }
      .panels {
        display: flex;
        flex-direction: column;
        min-height: 0;
        min-width: 0;
        background: var(--surface);
        border-top: 1px solid var(--line);
      }
      .panels h2 {
        display: flex;
        align-items: baseline;
        gap: 8px;
        padding: 8px 16px;
        font-size: 13px;
        line-height: 24px;
        font-weight: 650;
        border-bottom: 1px solid var(--line);
      }
      .panels h2 span {
        font-weight: 400;
        color: var(--quiet);
      }
      .panel {
        flex: 1;
        min-height: 0;
        overflow: auto;
        container-type: inline-size;
      }
      lesson-player {
        flex: 1;
      }
      .regions {
        display: none;
      }
      @media (max-width: 880px) {
        :host {
          grid-template: auto auto minmax(0, 11fr) auto minmax(0, 9fr) / minmax(0, 1fr);
          grid-template-areas: "header" "note" "work" "regions" "region";
        }
        .work {
          display: contents;
        }
        .terminal {
          grid-area: work;
        }
        .regions {
          grid-area: regions;
          display: flex;
          padding: 0 8px;
          background: var(--surface);
          border-top: 1px solid var(--line);
          border-bottom: 1px solid var(--line);
        }
        .regions button {
          min-height: 40px;
          border: 0;
          border-bottom: 2px solid transparent;
          border-radius: 0;
          color: var(--quiet);
        }
        .regions button[aria-pressed="true"] {
          color: var(--text);
          border-bottom-color: var(--text);
        }
        .lesson,
        .panels {
          grid-area: region;
          border: 0;
        }
        .panels h2 {
          display: none;
        }
        :host([region="lesson"]) .panels,
        :host([region="panels"]) .lesson {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) status: BootStatus = initialBootStatus;
  /** Something that the learner should know, in a sentence. */
  @property({ attribute: false }) note = "";
  @property({ attribute: false }) open: OpenTerminal | undefined;
  @property({ attribute: false }) snapshot: EngineSnapshot = emptySnapshot;
  @property({ attribute: false }) machine: LessonPlayer["machine"];
  @property({ attribute: false }) lesson: LessonPlayer["lesson"];
  @property({ attribute: false }) storage: Storage | undefined;
  @property({ attribute: false }) theme: Theme = "auto";
  @property({ attribute: false }) screenReader = false;
  /** Which of the two is in view when there is room for one. */
  @property({ reflect: true }) region: Region = "lesson";

  @state() private dismissed = "";
  @query("terminal-tabs") private readonly terminals!: TerminalTabs | null;
  #stopWatching: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopWatching = onSystemScheme(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopWatching?.();
  }

  /** Puts the keyboard into the terminal, as soon as there is one. */
  override focus(): void {
    void this.updateComplete.then(() => this.terminals?.focus());
  }

  /** The terminal in view, once there is one. */
  get activeTerminal(): TerminalView | null {
    return this.terminals?.activeView ?? null;
  }

  protected override willUpdate(): void {
    applyTheme(this.theme);
  }

  protected override render() {
    return html`
      <a class="skip" href="#terminal" @click=${this.#skipToTerminal}>Skip to the terminal</a>
      <app-header role="banner" .status=${this.status} .theme=${this.theme} @theme-change=${this.#changeTheme}></app-header>
      ${this.#renderNote()}
      <nav class="regions" aria-label="Beside the terminal">
        ${this.#renderRegionButton("lesson", "Lesson")} ${this.#renderRegionButton("panels", "Containers")}
      </nav>
      <section class="lesson" aria-label="Lesson" @run-command=${this.#runCommand}>
        <lesson-player
          .lesson=${this.lesson} .storage=${this.storage} .snapshot=${this.snapshot} .machine=${this.machine}
        ></lesson-player>
      </section>
      <main class="work">
        <section class="terminal" aria-label="Terminal">
          <terminal-tabs
            .open=${this.open} .scheme=${schemeOf(this.theme)} .screenReader=${this.screenReader}
            @screen-reader-toggle=${this.#toggleScreenReader}
          >
            ${this.open === undefined ? html`<boot-view .status=${this.status} .note=${this.note}></boot-view>` : nothing}
          </terminal-tabs>
        </section>
        <section class="panels" @run-command=${this.#runCommand}>${panels.map((panel) => this.#renderPanel(panel))}</section>
      </main>
    `;
  }

  #renderPanel({ id, title, summary, render }: (typeof panels)[number]) {
    return html`
      <h2 id="panel-${id}">${title} <span>${summary(this.snapshot)}</span></h2>
      <div class="panel" role="region" aria-labelledby="panel-${id}" tabindex="0">${render(this.snapshot)}</div>
    `;
  }

  #renderRegionButton(region: Region, label: string) {
    const show = () => {
      this.region = region;
    };
    return html`<button aria-pressed=${this.region === region} @click=${show}>${label}</button>`;
  }

  #renderNote() {
    const text = this.#noteText();
    if (text === "" || text === this.dismissed) return nothing;
    const dismiss = () => {
      this.dismissed = text;
    };
    return html`<div class="note" role="status"><span>${text}</span><button @click=${dismiss}>Dismiss</button></div>`;
  }

  /** Until the machine is ready, the boot view has the word. */
  #noteText(): string {
    if (this.open === undefined) return "";
    if (this.status.kind !== "failed") return this.note;
    return `The machine has stopped: ${this.status.message}. "Reset machine" starts a fresh one.`;
  }

  readonly #runCommand = (event: RunCommandEvent): void => this.terminals?.runCommand(event.detail.command);

  readonly #skipToTerminal = (event: Event): void => {
    event.preventDefault();
    this.focus();
  };

  readonly #changeTheme = (event: CustomEvent<Theme>): void => {
    this.theme = event.detail;
    void this.storage?.set("theme", this.theme);
  };

  readonly #toggleScreenReader = (): void => {
    this.screenReader = !this.screenReader;
    void this.storage?.set("screen-reader", this.screenReader);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "app-shell": AppShell;
  }
}
