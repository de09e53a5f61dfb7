/** `--format` of commands that print one object: version, info, events, inspect. */
import { ExitError } from "../command.ts";
import { Template, TemplateError } from "./template.ts";

const USAGE = 64;

/** "json" stands for `{{json .}}`. */
export function openObjectTemplate(format: string, missing?: (name: string) => string | null): Template {
  const source = format === "json" ? "{{json .}}" : format;
  try {
    return new Template(source, { missing: missing ?? ((name) => `can't evaluate field ${name} in type`) });
  } catch (error) {
    if (error instanceof TemplateError) throw new ExitError(USAGE, `template parsing error: ${error.message}`);
    throw error;
  }
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
