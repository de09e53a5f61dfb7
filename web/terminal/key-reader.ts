/** The parts of a key press that matter here. */
export interface KeyPress {
  readonly type: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What a key press means to the page, or that it belongs to the program in the terminal. */
export type KeyMeaning = "program" | "leave" | "copy" | "paste" | "find";

/**
 * A terminal takes every key, Tab too, so it needs a way out (WCAG 2.1.2): Escape, then Tab or Shift+Tab. Escape itself
 * still reaches the program; only a Tab that follows it directly leaves. There is no time limit between the two.
 */
export class KeyReader {
  #escaped = false;

  read(event: KeyPress): KeyMeaning {
    if (event.type !== "keydown" || isModifier(event.key)) return "program";
    const leaves = this.#escaped && event.key === "Tab" && !event.ctrlKey && !event.altKey && !event.metaKey;
    this.#escaped = event.key === "Escape" && !event.ctrlKey && !event.altKey && !event.metaKey;
    return leaves ? "leave" : readShortcut(event);
  }
}

function readShortcut({ key, ctrlKey, shiftKey, altKey, metaKey }: KeyPress): KeyMeaning {
  if (!ctrlKey || !shiftKey || altKey || metaKey) return "program";
  switch (key.toLowerCase()) {
    case "c":
      return "copy";
    case "v":
      return "paste";
    case "f":
      return "find";
    default:
      return "program";
  }
}

function isModifier(key: string): boolean {
  return key === "Shift" || key === "Control" || key === "Alt" || key === "Meta";
}
