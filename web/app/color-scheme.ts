import type { StoredValues } from "../storage/storage.ts";

export type Theme = StoredValues["theme"];

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Light or dark, by the learner's choice or else by the system's. */
export function schemeOf(theme: Theme): "light" | "dark" {
  if (theme !== "auto") return theme;
  return prefersDark.matches ? "dark" : "light";
}

/** Makes the whole page follow; tokens.css does the rest. */
export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Tells when the system's preference turns; the answer stops that. */
export function onSystemScheme(listener: () => void): () => void {
  prefersDark.addEventListener("change", listener);
  return () => prefersDark.removeEventListener("change", listener);
}
