/** From what went wrong to what the user reads. */
import { EngineError, STATUS_OF_KIND } from "../api/contract/errors.ts";
import { ExitError } from "./command.ts";

/** The engine did not answer at all: its words stand alone, without `Error response from daemon: `. */
export class ConnectionError extends EngineError {
  constructor(endpoint: string) {
    super("unavailable", `Cannot connect to the Docker daemon at ${endpoint}. Is the docker daemon running?`);
  }
}

/** What Docker's client library would return as the error's text. */
export function describeError(error: unknown): string {
  if (error instanceof ConnectionError) return error.message;
  if (error instanceof EngineError) return `Error response from daemon: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** Docker's client does not read why a connection is not given to it. */
export async function upgraded<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    if (!(error instanceof EngineError) || error instanceof ConnectionError) throw error;
    throw new ExitError(1, `unable to upgrade to tcp, received ${STATUS_OF_KIND[error.kind]}`);
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "notFound";
}
