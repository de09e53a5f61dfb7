/** `--format` of commands that print one object: version, info, events, inspect. */
import { ExitError } from "../command.ts";
import { goValueOf, toGo } from "./go-types.ts";
import { Template, TemplateError, type TemplateOptions } from "./template.ts";
import { NO_VALUE } from "./template-value.ts";

const USAGE = 64;

/** "json" stands for `{{json .}}`. */
export function openObjectTemplate(
  format: string,
  missing: TemplateOptions["missing"] = (name) => `can't evaluate field ${name} in type`,
  nothing?: unknown,
): Template {
  const source = format === "json" ? "{{json .}}" : format;
  try {
    return new Template(source, { missing, nothing });
  } catch (error) {
    if (error instanceof TemplateError) throw new ExitError(USAGE, `template parsing error: ${error.message}`);
    throw error;
  }
}

/**
 * Docker's client fills a template with its own types, where a field has the name that Go gives it; when the template asks
 * for something else, it is filled once more, with the JSON as it came.
 */
export class InspectTemplate {
  readonly #typed: Template;
  readonly #plain: Template;

  constructor(format: string) {
    this.#plain = openObjectTemplate(format, (name) => `map has no entry for key "${name}"`, NO_VALUE);
    this.#typed = openObjectTemplate(format, (name, owner) => (isMap(owner) ? null : `can't evaluate field ${name}`));
  }

  /** `type` is null for what no type of Go's is known of. Throws TemplateError. */
  execute(data: unknown, type: string | null): string {
    if (type !== null) {
      try {
        return this.#typed.execute(toGo(type, data));
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
      }
    }
    return this.#plain.execute(data);
  }
}

function isMap(owner: unknown): boolean {
  return typeof owner === "object" && owner !== null && goValueOf(owner)?.fields == null;
}

/** `type` is what Go calls the object. */
export function executeObject(template: Template, data: unknown, type: string): string {
  try {
    return template.execute(data);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new ExitError(1, error.message.endsWith(" in type") ? `${error.message} ${type}` : error.message);
  }
}
