import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { type CheckedMachine, runCheck, type Verdict } from "../../lessons/checks.ts";
import type { Lesson, Step } from "../../lessons/lesson.ts";
import { type EngineSnapshot, emptySnapshot } from "../state/engine-snapshot.ts";
import type { LessonProgress, Storage } from "../storage/storage.ts";
import { sharedStyles } from "../ui/shared-styles.ts";
import { loadProgress, saveProgress, withDone } from "./lesson-progress.ts";
import { renderInline } from "./markdown.ts";
import "./lesson-step.ts";

/** What the page says about the step in view. */
type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "asking" }
  | { readonly kind: "hint"; readonly text: string }
  | { readonly kind: "unknown"; readonly text: string };

/**
 * Plays one lesson: a step at a time, checked against the machine each time the engine's state moves and when asked. A
 * step that has passed once stays done, whatever becomes of the machine.
 */
@customElement("lesson-player")
export class LessonPlayer extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      header {
        padding: 16px 16px 8px;
      }
      h2 {
        font-size: 20px;
        line-height: 28px;
        font-weight: 650;
        text-wrap: balance;
      }
      .summary {
        color: var(--quiet);
        font-size: 13px;
        line-height: 20px;
      }
      .scroll {
        flex: 1;
        min-height: 0;
        overflow: auto;
        padding-bottom: 16px;
      }
      ol {
        display: flex;
        gap: 8px;
        list-style: none;
        margin: 8px 0 0;
        padding: 0;
      }
      ol button {
        width: 32px;
        min-height: 32px;
        padding: 0;
        font-weight: 600;
      }
      ol button[aria-current="step"] {
        border-color: var(--text);
        box-shadow: inset 0 0 0 1px var(--text);
      }
      ol button.done {
        color: var(--good);
      }
      footer {
        display: grid;
        gap: 8px;
        padding: 12px 16px 16px;
        border-top: 1px solid var(--line);
        background: var(--surface);
      }
      .row {
        display: flex;
        gap: 8px;
        align-items: center;
      }
      .row .next {
        margin-left: auto;
      }
      .answer {
        font-size: 13px;
        line-height: 20px;
        min-height: 20px;
      }
      .answer.passed {
        color: var(--good);
        font-weight: 600;
      }
      .answer code {
        overflow-wrap: anywhere;
      }
      .row button {
        min-height: 32px;
        padding: 0 12px;
      }
      @media (max-width: 880px) {
        header {
          padding-top: 8px;
        }
        footer {
          grid-template-columns: 1fr auto;
          align-items: center;
          padding: 8px 16px;
        }
      }
    `,
  ];

  @property({ attribute: false }) lesson: Lesson | undefined;
  @property({ attribute: false }) storage: Storage | undefined;
  @property({ attribute: false }) snapshot: EngineSnapshot = emptySnapshot;
  /** Undefined until the machine is ready. */
  @property({ attribute: false }) machine: CheckedMachine | undefined;

  @state() private progress: LessonProgress | undefined;
  @state() private answer: Answer = { kind: "none" };
  /** The newest question: answers to older ones are dropped. */
  #asked = 0;

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("lesson")) void this.#load();
    else if (changed.has("snapshot") || changed.has("machine")) void this.#check("quietly");
  }

  protected override render() {
    const { lesson, progress } = this;
    const step = lesson?.steps.find(({ id }) => id === progress?.current);
    if (lesson === undefined || progress === undefined || step === undefined) return nothing;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Lesson">
        <header>
          <h2>${lesson.title}</h2>
          <p class="summary">${lesson.summary} About ${lesson.minutes} minutes.</p>
          <ol aria-label="Steps">
            ${lesson.steps.map((one, index) => this.#renderDot(one, index, progress))}
          </ol>
        </header>
        <lesson-step .step=${step}></lesson-step>
      </div>
      <footer>${this.#renderAnswer(step, progress)} ${this.#renderButtons(lesson, step, progress)}</footer>
    `;
  }

  #renderDot({ id, title }: Step, index: number, { current, done }: LessonProgress) {
    const isDone = done.includes(id);
    return html`<li>
      <button
        class=${isDone ? "done" : ""}
        aria-current=${id === current ? "step" : "false"}
        aria-label="Step ${index + 1}: ${title}${isDone ? " (done)" : ""}"
        title=${title}
        @click=${() => this.#go(id)}
      >
        ${isDone ? "✓" : index + 1}
      </button>
    </li>`;
  }

  #renderAnswer({ id }: Step, { done }: LessonProgress) {
    const passed = done.includes(id);
    return html`<p class="answer ${passed ? "passed" : ""}" role="status">
      ${passed ? "✓ Done: the machine shows it." : this.#renderOpenAnswer()}
    </p>`;
  }

  #renderOpenAnswer() {
    switch (this.answer.kind) {
      case "none":
        return this.machine === undefined ? "The machine is starting …" : "Run the commands: this step checks itself.";
      case "asking":
        return "Asking the machine …";
      case "hint":
        return renderInline(this.answer.text);
      case "unknown":
        return `The machine could not be asked: ${this.answer.text}`;
    }
  }

  #renderButtons(lesson: Lesson, step: Step, { done }: LessonProgress) {
    const passed = done.includes(step.id);
    const next = lesson.steps[lesson.steps.indexOf(step) + 1];
    const check = html`<button ?disabled=${this.machine === undefined} @click=${() => this.#check("aloud")}>Check</button>`;
    return html`<div class="row">
      ${passed ? nothing : check}
      ${
        next === undefined
          ? html`<span class="next answer">${passed && done.length === lesson.steps.length ? "Lesson complete." : ""}</span>`
          : html`<button class="next ${passed ? "primary" : ""}" @click=${() => this.#go(next.id)}>Next step</button>`
      }
    </div>`;
  }

  async #load(): Promise<void> {
    const { lesson, storage } = this;
    if (lesson === undefined || storage === undefined) return;
    const progress = await loadProgress(storage, lesson);
    if (this.lesson !== lesson) return;
    this.progress = progress;
    await this.#check("quietly");
  }

  /** `quietly` says that a step is done, and keeps an answer current that was asked for; a learner in the middle of a step
   *  is not told what is missing. */
  async #check(manner: "quietly" | "aloud"): Promise<void> {
    const { lesson, machine, progress } = this;
    const step = lesson?.steps.find(({ id }) => id === progress?.current);
    if (step === undefined || machine === undefined || progress === undefined) return;
    if (progress.done.includes(step.id)) return;
    if (manner === "quietly" && this.snapshot.connection !== "connected") return;
    const question = ++this.#asked;
    if (manner === "aloud") this.answer = { kind: "asking" };
    const verdict = await askAll(step, machine);
    if (question !== this.#asked || this.progress?.current !== step.id) return;
    if (verdict.kind === "passed") await this.#keep(withDone(this.progress, step.id));
    else if (manner === "aloud" || this.answer.kind !== "none") this.answer = toAnswer(verdict);
  }

  async #go(id: string): Promise<void> {
    if (this.progress === undefined) return;
    this.answer = { kind: "none" };
    await this.#keep({ ...this.progress, current: id });
    this.renderRoot.querySelector(".scroll")?.scrollTo({ top: 0 });
    await this.#check("quietly");
  }

  async #keep(progress: LessonProgress): Promise<void> {
    const { lesson, storage } = this;
    if (lesson === undefined || storage === undefined) return;
    await saveProgress(storage, lesson, progress);
    this.progress = progress;
  }
}

/** The first red verdict, or green when there is none. */
async function askAll(step: Step, machine: CheckedMachine): Promise<Verdict | { kind: "unknown"; reason: string }> {
  try {
    for (const check of step.checks) {
      const verdict = await runCheck(check, machine);
      if (verdict.kind === "failed") return verdict;
    }
    return { kind: "passed" };
  } catch (error) {
    return { kind: "unknown", reason: error instanceof Error ? error.message : String(error) };
  }
}

function toAnswer(verdict: Exclude<Awaited<ReturnType<typeof askAll>>, { kind: "passed" }>): Answer {
  return verdict.kind === "failed" ? { kind: "hint", text: verdict.hint } : { kind: "unknown", text: verdict.reason };
}

declare global {
  interface HTMLElementTagNameMap {
    "lesson-player": LessonPlayer;
  }
}
