/**
 * The grammar of Go's text/template as far as `--format` needs it: text, actions, pipelines, if/else, range, with,
 * variables, and the trim markers `{{-` and `-}}`. https://pkg.go.dev/text/template
 */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly pipeline: Pipeline }
  | { readonly kind: "if" | "with"; readonly pipeline: Pipeline; readonly body: Nodes; readonly otherwise: Nodes }
  | { readonly kind: "range"; readonly pipeline: Pipeline; readonly body: Nodes; readonly otherwise: Nodes };

export type Nodes = readonly Node[];

export interface Pipeline {
  /** `$i, $value :=` in front. */
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly TemplateCommand[];
  /** As written, and where in the template: for messages. */
  readonly source: string;
  readonly offset: number;
}

/** A function or a field with its arguments; what came through the pipe is the last argument. */
export interface TemplateCommand {
  readonly words: readonly Word[];
}

export type Word =
  | { readonly kind: "dot" }
  | { readonly kind: "field"; readonly path: readonly string[] }
  | { readonly kind: "variable"; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "group"; readonly pipeline: Pipeline; readonly path: readonly string[] };

/** `template: :1: unclosed action` and its like. */
export class TemplateError extends Error {}

export function parseTemplate(source: string, functions: ReadonlySet<string>): Nodes {
  return new TemplateParser(source, functions).parse();
}

interface Action {
  readonly tokens: readonly Token[];
  readonly source: string;
  readonly offset: number;
}

interface Token {
  readonly kind: "word" | "string" | "number" | "symbol";
  readonly text: string;
  /** A blank stood in front: `.A .B` is two words, `.A.B` is one. */
  readonly spaced: boolean;
}

class TemplateParser {
  readonly #pieces: (string | Action)[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;

  constructor(source: string, functions: ReadonlySet<string>) {
    this.#functions = functions;
    this.#pieces = splitActions(source);
  }

  parse(): Nodes {
    const { nodes, end } = this.#parseList();
    if (end !== "") throw new TemplateError(`template: :1: unexpected {{${end}}}`);
    return nodes;
  }

  /** Up to `end`, `else` or the end of the template. */
  #parseList(): { readonly nodes: Nodes; readonly end: string; readonly action?: Action } {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at++]; piece !== undefined; piece = this.#pieces[this.#at++]) {
      if (typeof piece === "string") {
        if (piece !== "") nodes.push({ kind: "text", text: piece });
        continue;
      }
      const keyword = piece.tokens[0]?.text ?? "";
      if (keyword === "end" || keyword === "else") return { nodes, end: keyword, action: piece };
      if (piece.tokens.length > 0) nodes.push(this.#parseAction(piece, keyword));
    }
    return { nodes, end: "" };
  }

  #parseAction(action: Action, keyword: string): Node {
    if (keyword === "if" || keyword === "with" || keyword === "range") return this.#parseBlock(action, keyword, 1);
    return { kind: "print", pipeline: this.#parsePipeline(action, 0) };
  }

  #parseBlock(action: Action, kind: "if" | "with" | "range", skip: number): Node {
    if (action.tokens.length === skip) throw new TemplateError(`template: :1: missing value for ${kind}`);
    const pipeline = this.#parsePipeline(action, skip);
    const { nodes: body, end, action: stop } = this.#parseList();
    if (end === "") throw new TemplateError("template: :1: unexpected EOF");
    return { kind, pipeline, body, otherwise: end === "else" ? this.#parseElse(stop, kind) : [] };
  }

  #parseElse(action: Action | undefined, kind: string): Nodes {
    const next = action?.tokens[1]?.text;
    // {{else if x}} nests, and shares the one {{end}}.
    if (action !== undefined && (next === "if" || next === "with") && kind !== "range") {
      return [this.#parseBlock(action, next, 2)];
    }
    const { nodes, end } = this.#parseList();
    if (end !== "end") throw new TemplateError("template: :1: unexpected EOF");
    return nodes;
  }

  #parsePipeline(action: Action, skip: number): Pipeline {
    const reader = new PipelineReader(action, skip, this.#functions);
    return reader.read();
  }
}

class PipelineReader {
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  readonly #action: Action;
  #at: number;

  constructor(action: Action, at: number, functions: ReadonlySet<string>) {
    this.#tokens = action.tokens;
    this.#at = at;
    this.#functions = functions;
    this.#action = action;
  }

  read(): Pipeline {
    const pipeline = this.#readPipeline();
    const extra = this.#tokens[this.#at];
    if (extra !== undefined) throw new TemplateError(`template: :1: unexpected "${extra.text}" in command`);
    return pipeline;
  }

  #readPipeline(): Pipeline {
    const { variables, assigns } = this.#readDeclaration();
    const commands: TemplateCommand[] = [];
    do commands.push(this.#readCommand());
    while (this.#skip("|"));
    const { source, offset } = this.#action;
    return { variables, assigns, commands, source, offset };
  }

  #readDeclaration(): { readonly variables: readonly string[]; readonly assigns: boolean } {
    const variables: string[] = [];
    const start = this.#at;
    while (this.#tokens[this.#at]?.text.startsWith("$")) {
      variables.push(this.#tokens[this.#at++]?.text ?? "");
      if (this.#skip(",")) continue;
      if (this.#skip(":=")) return { variables, assigns: false };
      if (this.#skip("=")) return { variables, assigns: true };
      break;
    }
    this.#at = start;
    return { variables: [], assigns: false };
  }

  #readCommand(): TemplateCommand {
    const words: Word[] = [];
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if (token.text === "|" && token.kind === "symbol") break;
      if (token.text === ")" && token.kind === "symbol") break;
      this.#at++;
      words.push(this.#readWord(token));
    }
    if (words.length === 0) throw new TemplateError("template: :1: missing value for command");
    return { words };
  }

  #readWord(token: Token): Word {
    if (token.kind === "string") return { kind: "literal", value: token.text };
    if (token.kind === "number") return { kind: "literal", value: Number(token.text) };
    if (token.text === "(") return this.#readGroup();
    if (token.kind === "symbol") throw new TemplateError(`template: :1: unexpected "${token.text}" in operand`);
    if (token.text === ".") return { kind: "dot" };
    if (token.text.startsWith(".")) return { kind: "field", path: token.text.slice(1).split(".") };
    if (token.text.startsWith("$")) {
      const [name = "$", ...path] = token.text.split(".");
      return { kind: "variable", name, path };
    }
    return readName(token.text, this.#functions);
  }

  #readGroup(): Word {
    const pipeline = this.#readPipeline();
    if (!this.#skip(")")) throw new TemplateError("template: :1: unclosed left paren");
    const next = this.#tokens[this.#at];
    if (next === undefined || next.spaced || !next.text.startsWith(".")) return { kind: "group", pipeline, path: [] };
    this.#at++;
    return { kind: "group", pipeline, path: next.text.slice(1).split(".") };
  }

  #skip(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.kind !== "symbol" || token.text !== text) return false;
    this.#at++;
    return true;
  }
}

function readName(text: string, functions: ReadonlySet<string>): Word {
  if (text === "true" || text === "false") return { kind: "literal", value: text === "true" };
  if (text === "nil") return { kind: "literal", value: null };
  if (functions.has(text)) return { kind: "function", name: text };
  throw new TemplateError(`template: :1: function "${text}" not defined`);
}

/** Text and actions in turn. */
function splitActions(source: string): (string | Action)[] {
  const pieces: (string | Action)[] = [];
  let rest = source;
  let trimNext = false;
  for (;;) {
    const open = rest.indexOf("{{");
    let text = open < 0 ? rest : rest.slice(0, open);
    if (trimNext) text = text.trimStart();
    if (open < 0) {
      pieces.push(text);
      return pieces;
    }
    const close = findClose(rest, open + 2);
    let inner = rest.slice(open + 2, close);
    let offset = source.length - rest.length + open + 2;
    if (inner.startsWith("- ")) {
      text = text.trimEnd();
      inner = inner.slice(2);
      offset += 2;
    }
    trimNext = inner.endsWith(" -");
    if (trimNext) inner = inner.slice(0, -2);
    pieces.push(text, {
      tokens: isComment(inner) ? [] : readTokens(inner, ` ${inner}`),
      source: inner.trim(),
      offset: offset + inner.length - inner.trimStart().length,
    });
    rest = rest.slice(close + 2);
  }
}

function isComment(inner: string): boolean {
  return inner.startsWith("/*") && inner.trimEnd().endsWith("*/");
}

/** Where the action that begins at `from` ends; quoted braces do not count. */
function findClose(source: string, from: number): number {
  let quote = "";
  for (let at = from; at < source.length; at++) {
    const letter = source.charAt(at);
    if (quote !== "") {
      if (letter === "\\" && quote === '"') at++;
      else if (letter === quote) quote = "";
    } else if (letter === '"' || letter === "`") quote = letter;
    else if (letter === "}" && source.charAt(at + 1) === "}") return at;
  }
  throw new TemplateError("template: :1: unclosed action");
}

const SYMBOLS = "|(),";
const ENDS_WORD = ' \t\n|(),"`=:';

function readTokens(inner: string, spacedInner: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < inner.length; ) {
    const letter = inner.charAt(at);
    if (letter === " " || letter === "\t" || letter === "\n") {
      at++;
      continue;
    }
    const spaced = " \t\n".includes(spacedInner.charAt(at));
    const token = readToken(inner, at, spaced);
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function readToken(inner: string, at: number, spaced: boolean): { readonly token: Token; readonly end: number } {
  const letter = inner.charAt(at);
  if (SYMBOLS.includes(letter) || letter === "=") {
    return { token: { kind: "symbol", text: letter, spaced }, end: at + 1 };
  }
  if (letter === ":" && inner.charAt(at + 1) === "=") {
    return { token: { kind: "symbol", text: ":=", spaced }, end: at + 2 };
  }
  if (letter === '"' || letter === "`") return readString(inner, at, spaced);
  let end = at;
  while (end < inner.length && !ENDS_WORD.includes(inner.charAt(end))) end++;
  if (end === at) throw new TemplateError(`template: :1: unexpected "${letter}" in command`);
  const text = inner.slice(at, end);
  const isNumber = Number.isFinite(Number(text));
  return { token: { kind: isNumber ? "number" : "word", text, spaced }, end };
}

function readString(inner: string, at: number, spaced: boolean): { readonly token: Token; readonly end: number } {
  const quote = inner.charAt(at);
  let end = at + 1;
  while (end < inner.length && inner.charAt(end) !== quote) end += quote === '"' && inner.charAt(end) === "\\" ? 2 : 1;
  const raw = inner.slice(at + 1, end);
  const text = quote === "`" ? raw : unescapeString(raw);
  return { token: { kind: "string", text, spaced }, end: end + 1 };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\" };

function unescapeString(raw: string): string {
  let text = "";
  for (let at = 0; at < raw.length; at++) {
    const letter = raw.charAt(at);
    text += letter === "\\" ? (ESCAPES[raw.charAt(++at)] ?? `\\${raw.charAt(at)}`) : letter;
  }
  return text;
}
