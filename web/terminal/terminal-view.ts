import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import xtermStyles from "@xterm/xterm/css/xterm.css?inline";
import { css, html, LitElement, type PropertyValues, unsafeCSS } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Channel } from "../machine/machine.ts";
import { KeyReader } from "./key-reader.ts";
import type { OpenTerminal } from "./open-terminal.ts";
import { ScreenWriter } from "./screen-writer.ts";
import { terminalThemes } from "./terminal-themes.ts";

/** Kills what stands on the shell's input line, so that a typed command is not glued to it. */
const KILL_LINE = "\u0015";

/** The shell in view. Each new one is a new object, so that answers meant for an older one can be told and dropped. */
interface Shell {
  readonly channel: Promise<Channel>;
  stage: "opening" | "prompted" | "over";
}

/**
 * One terminal: an xterm.js view on a shell in the machine. Emits `terminal-prompt` when the first glyphs of a shell were
 * drawn, `find-request` for Ctrl+Shift+F.
 */
@customElement("terminal-view")
export class TerminalView extends LitElement {
  static override styles = [
    unsafeCSS(xtermStyles),
    css`
      :host {
        display: block;
        min-height: 0;
        background: var(--terminal-background);
      }
      :host([hidden]) {
        display: none;
      }
      .screen {
        height: 100%;
        overflow: hidden;
      }
    `,
  ];

  /** Opens this terminal's shell. A new function (another machine) opens a new shell. */
  @property({ attribute: false }) open: OpenTerminal | undefined;
  @property({ attribute: false }) scheme: "light" | "dark" = "dark";
  @property({ attribute: false }) screenReader = false;

  readonly #encoder = new TextEncoder();
  readonly #terminal = new Terminal({
    cursorBlink: false,
    fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace',
    fontSize: 14,
    lineHeight: 1.15,
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
    scrollback: 5000,
  });
  readonly #screen = new ScreenWriter(this.#terminal);
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #keys = new KeyReader();
  readonly #resizes = new ResizeObserver(() => this.#fitToBox());
  #shell: Shell | undefined;
  /** A command line that came before there was a prompt to type it at. */
  #waiting: string | undefined;

  constructor() {
    super();
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.loadAddon(new WebLinksAddon(openLink));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#handleKey(event));
    this.#terminal.onData((text) => this.#send(this.#encoder.encode(text)));
    this.#terminal.onBinary((text) => this.#send(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    this.#terminal.onResize(({ rows, cols }) => this.#resizeShell(rows, cols));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizes.disconnect();
    this.#hangUp();
  }

  override focus(): void {
    void this.updateComplete.then(() => this.#terminal.focus());
  }

  /** Types a command line and presses Enter, as the learner would: at once, or as soon as there is a prompt. */
  runCommand(command: string): void {
    if (this.#shell?.stage !== "prompted") this.#waiting = command;
    if (this.#shell?.stage === "over") this.#openShell();
    if (this.#shell?.stage !== "prompted") return;
    this.#terminal.scrollToBottom();
    this.#terminal.input(`${KILL_LINE}${command}\r`, true);
  }

  /** Marks the next (or the previous) place where `text` stands. */
  find(text: string, direction: "next" | "previous" = "next"): boolean {
    if (text === "") return false;
    return direction === "next"
      ? this.#search.findNext(text, { incremental: false })
      : this.#search.findPrevious(text, { incremental: false });
  }

  /** The rows in view as text: for tests, and for whoever asks for a transcript. */
  get visibleText(): string {
    const { viewportY, length } = this.#terminal.buffer.active;
    const rows = Math.min(this.#terminal.rows, length - viewportY);
    const lines = Array.from({ length: rows }, (_, row) => this.#lineText(viewportY + row));
    return lines.join("\n").trimEnd();
  }

  protected override render() {
    return html`<div class="screen" part="screen"></div>`;
  }

  protected override firstUpdated(): void {
    const screen = this.renderRoot.querySelector<HTMLElement>(".screen");
    if (screen === null) throw new Error("terminal-view rendered without its screen");
    this.#terminal.open(screen);
    this.#resizes.observe(this);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("scheme")) this.#applyScheme();
    if (changed.has("screenReader")) this.#terminal.options.screenReaderMode = this.screenReader;
    if (changed.has("open")) this.#changeMachine();
  }

  #applyScheme(): void {
    const theme = terminalThemes[this.scheme];
    this.#terminal.options.theme = theme;
    this.style.setProperty("--terminal-background", theme.background ?? "");
  }

  /** A hidden terminal keeps the size that it had. */
  #fitToBox(): void {
    if (this.offsetParent !== null && this.clientWidth > 0 && this.clientHeight > 0) this.#fit.fit();
  }

  #changeMachine(): void {
    this.#waiting = undefined;
    this.#terminal.reset();
    this.#openShell();
  }

  #openShell(): void {
    this.#hangUp();
    if (this.open === undefined) return;
    this.#fitToBox();
    const { rows, cols: columns } = this.#terminal;
    const channel = this.open(
      { kind: "terminal", rows, columns },
      {
        data: (_stream, bytes) =>
          this.#shell === shell ? this.#screen.write(bytes, () => this.#afterWrite(shell)) : undefined,
        closed: ({ status, error }) => this.#sayOver(shell, error ?? `The shell ended with status ${status}.`),
      },
    );
    const shell: Shell = { channel, stage: "opening" };
    this.#shell = shell;
    channel.catch((error: unknown) => this.#sayOver(shell, `The shell could not be started: ${describe(error)}.`));
  }

  /** The first line with something on it is the prompt. It counts as there once it is drawn. */
  #afterWrite(shell: Shell): void {
    const { baseY, cursorY } = this.#terminal.buffer.active;
    if (shell.stage !== "opening" || this.#lineText(baseY + cursorY) === "") return;
    shell.stage = "prompted";
    const drawn = this.#terminal.onRender(() => {
      drawn.dispose();
      requestAnimationFrame(() => this.dispatchEvent(new Event("terminal-prompt", { bubbles: true, composed: true })));
    });
    const command = this.#waiting;
    this.#waiting = undefined;
    if (command !== undefined) this.runCommand(command);
  }

  #sayOver(shell: Shell, reason: string): void {
    if (this.#shell !== shell) return;
    shell.stage = "over";
    this.#terminal.write(`\r\n\u001b[2m${reason} Press Enter for a new one.\u001b[0m\r\n`);
  }

  #send(bytes: Uint8Array): void {
    const shell = this.#shell;
    if (shell === undefined) return;
    if (shell.stage === "over") {
      if (bytes.includes(13)) this.#openShell();
      return;
    }
    // A write that fails means that the shell is gone: `closed` says so, with the reason.
    shell.channel.then((channel) => channel.write(bytes)).catch(() => undefined);
  }

  #resizeShell(rows: number, columns: number): void {
    this.#shell?.channel.then((channel) => channel.resize(rows, columns)).catch(() => undefined);
  }

  #hangUp(): void {
    const shell = this.#shell;
    this.#shell = undefined;
    if (shell !== undefined && shell.stage !== "over")
      shell.channel.then((channel) => channel.close()).catch(() => undefined);
  }

  /** False leaves the key to the browser: Tab then moves the focus, Ctrl+Shift+V pastes. */
  #handleKey(event: KeyboardEvent): boolean {
    switch (this.#keys.read(event)) {
      case "program":
        return true;
      case "copy":
        event.preventDefault();
        this.#copySelection();
        return false;
      case "find":
        event.preventDefault();
        this.dispatchEvent(new Event("find-request", { bubbles: true, composed: true }));
        return false;
      case "paste":
      case "leave":
        return false;
    }
  }

  #copySelection(): void {
    if (this.#terminal.hasSelection()) void writeClipboard(this.#terminal.getSelection());
  }

  #lineText(row: number): string {
    return this.#terminal.buffer.active.getLine(row)?.translateToString(true).trimEnd() ?? "";
  }
}

function openLink(_event: MouseEvent, uri: string): void {
  window.open(uri, "_blank", "noopener");
}

/** The clipboard API is refused in many iframes and without https; the old command works there while a key is pressed. */
async function writeClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    document.execCommand("copy");
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

declare global {
  interface HTMLElementTagNameMap {
    "terminal-view": TerminalView;
  }
}
