import type { ITheme } from "@xterm/xterm";
import { describe, expect, test } from "vitest";
import { terminalThemes } from "../../../../web/terminal/terminal-themes.ts";

/** WCAG 2.2 relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const texts = [
  "foreground",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "brightBlack",
  "brightRed",
] as const;

describe.each(Object.entries(terminalThemes))("the %s terminal", (_name, theme: ITheme) => {
  test.each(texts)("%s is readable on the background (AA)", (colour) => {
    expect(contrast(theme[colour] ?? "", theme.background ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  test("selected text stays readable", () => {
    expect(contrast(theme.foreground ?? "", theme.selectionBackground ?? "")).toBeGreaterThanOrEqual(4.5);
  });
});
