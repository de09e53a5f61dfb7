/** From what went wrong to what the user reads. */
import { EngineError } from "../api/contract/errors.ts";

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

export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.kind === "notFound";
}
