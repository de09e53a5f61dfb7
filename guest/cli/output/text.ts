/** Text as Go prints it. */

/** At most `width` characters, the last of them … when something was cut. */
export function ellipsis(text: string, width: number): string {
  if (text.length <= width) return text;
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, width - 1).join("")}…`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/** strconv.Quote. */
export function quoteGo(text: string): string {
  // JSON escapes the same characters, and DEL not: no longer than its quotes make it, it is what Go writes.
  const json = JSON.stringify(text);
  if (json.length === text.length + 2 && !text.includes("\x7f")) return json;
  let quoted = '"';
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    const code = text.charCodeAt(at);
    const control = code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, "0")}` : letter;
    quoted += ESCAPES[letter] ?? control;
  }
  return `${quoted}"`;
}
