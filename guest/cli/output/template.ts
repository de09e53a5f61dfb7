/** Runs a parsed `--format` template on a value: plain JSON, or a row whose members may be functions (`.Label "x"`). */

import { callFunction, FUNCTION_NAMES, isTrue } from "./template-functions.ts";
import { type Nodes, type Pipeline, parseTemplate, TemplateError, type Word } from "./template-parse.ts";
import { formatValue, NO_VALUE } from "./template-value.ts";

export { TemplateError } from "./template-parse.ts";

export interface TemplateOptions {
  /** What `.Missing` does: the words of an error, or null to print `<no value>`. */
  readonly missing: (name: string, owner: unknown) => string | null;
  /** What stands for nothing where it is to be printed by itself; absent: `<nil>`. */
  readonly nothing?: unknown;
  /** Replacements for built-in functions: headers of a table stay as they are under `upper`. */
  readonly functions?: Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;
}

export class Template {
  readonly #nodes: Nodes;
  readonly #options: TemplateOptions;

  /** Throws {@link TemplateError}. */
  constructor(source: string, options: TemplateOptions) {
    this.#nodes = parseTemplate(source, FUNCTION_NAMES);
    this.#options = options;
  }

  execute(data: unknown): string {
    return new Execution(data, this.#options).run(this.#nodes, data);
  }
}

class Execution {
  readonly #options: TemplateOptions;
  readonly #variables: { name: string; value: unknown }[];

  constructor(data: unknown, options: TemplateOptions) {
    this.#options = options;
    this.#variables = [{ name: "$", value: data }];
  }

  run(nodes: Nodes, dot: unknown): string {
    let text = "";
    const depth = this.#variables.length;
    for (const node of nodes) {
      switch (node.kind) {
        case "text":
          text += node.text;
          break;
        case "print": {
          const value = this.#evaluate(node.pipeline, dot);
          if (node.pipeline.variables.length === 0) text += formatValue(value ?? this.#options.nothing);
          break;
        }
        case "if":
        case "with": {
          const value = this.#evaluate(node.pipeline, dot);
          const inner = node.kind === "with" ? value : dot;
          text += isTrue(value) ? this.run(node.body, inner) : this.run(node.otherwise, dot);
          break;
        }
        case "range":
          text += this.#runRange(node.pipeline, node.body, dot) ?? this.run(node.otherwise, dot);
          break;
      }
    }
    this.#variables.length = depth;
    return text;
  }

  /** null when there is nothing to go over. */
  #runRange(pipeline: Pipeline, body: Nodes, dot: unknown): string | null {
    const value = this.#evaluatePipe(pipeline, dot);
    const entries = rangeEntries(value, pipeline);
    if (entries.length === 0) return null;
    const depth = this.#variables.length;
    let text = "";
    for (const [key, item] of entries) {
      const [first, second] = pipeline.variables;
      if (second !== undefined && first !== undefined) this.#variables.push({ name: first, value: key });
      const name = second ?? first;
      if (name !== undefined) this.#variables.push({ name, value: item });
      text += this.run(body, item);
      this.#variables.length = depth;
    }
    return text;
  }

  #evaluate(pipeline: Pipeline, dot: unknown): unknown {
    const value = this.#evaluatePipe(pipeline, dot);
    const [name] = pipeline.variables;
    if (name === undefined) return value;
    const known = pipeline.assigns ? this.#variables.findLast((variable) => variable.name === name) : undefined;
    if (known !== undefined) known.value = value;
    else this.#variables.push({ name, value });
    return value;
  }

  #evaluatePipe(pipeline: Pipeline, dot: unknown): unknown {
    let piped: readonly unknown[] = [];
    for (const { words } of pipeline.commands) {
      const [head, ...rest] = words;
      if (head === undefined) throw new TemplateError("template: :1: empty command");
      const args = [...rest.map((word) => this.#evaluateWord(word, dot, [], pipeline)), ...piped];
      piped = [this.#evaluateWord(head, dot, args, pipeline)];
    }
    return piped[0];
  }

  #evaluateWord(word: Word, dot: unknown, args: readonly unknown[], pipeline: Pipeline): unknown {
    switch (word.kind) {
      case "dot":
        return dot;
      case "literal":
        return word.value;
      case "field":
        return this.#follow(dot, word.path, args, pipeline);
      case "variable":
        return this.#follow(this.#lookUp(word.name), word.path, args, pipeline);
      case "group":
        return this.#follow(this.#evaluatePipe(word.pipeline, dot), word.path, args, pipeline);
      case "function": {
        const replacement = this.#options.functions?.[word.name];
        if (replacement !== undefined) return replacement(...args);
        return callFunction(word.name, args, pipeline);
      }
    }
  }

  #lookUp(name: string): unknown {
    const variable = this.#variables.findLast((each) => each.name === name);
    if (variable === undefined) throw new TemplateError(`template: :1: undefined variable "${name}"`);
    return variable.value;
  }

  #follow(start: unknown, path: readonly string[], args: readonly unknown[], pipeline: Pipeline): unknown {
    let value = start;
    path.forEach((name, index) => {
      const member = this.#member(value, name, path, pipeline);
      value = typeof member === "function" ? member.apply(value, index === path.length - 1 ? args : []) : member;
    });
    return value;
  }

  #member(owner: unknown, name: string, path: readonly string[], pipeline: Pipeline): unknown {
    if (typeof owner === "object" && owner !== null && name in owner) {
      return (owner as Readonly<Record<string, unknown>>)[name];
    }
    const complaint = this.#options.missing(name, owner);
    if (complaint === null) return NO_VALUE;
    throw new TemplateError(
      `template: :1:${columnOf(path, pipeline)}: executing "" at <.${path.join(".")}>: ${complaint}`,
    );
  }
}

/** Go puts a chain of fields where its second field is. */
function columnOf(path: readonly string[], { source, offset }: Pipeline): number {
  const chain = path.length > 1 ? 1 + (path[0] ?? "").length : 0;
  return offset + source.indexOf(`.${path.join(".")}`) + chain;
}

function rangeEntries(value: unknown, pipeline: Pipeline): readonly (readonly [unknown, unknown])[] {
  if (value === null || value === undefined || value === NO_VALUE) return [];
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (typeof value === "object") {
    const map = value as Readonly<Record<string, unknown>>;
    return Object.keys(map)
      .sort()
      .map((key) => [key, map[key]] as const);
  }
  throw new TemplateError(
    `template: :1:${pipeline.offset}: executing "" at <${pipeline.source}>: range can't iterate over ${value}`,
  );
}
