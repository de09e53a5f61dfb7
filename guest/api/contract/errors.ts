/** The engine's vocabulary of failure. The server turns a kind into a status, the client turns it back. */
export type ErrorKind =
  | "notModified"
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "notFound"
  | "conflict"
  | "system"
  | "notImplemented"
  | "unavailable";

export const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  notModified: 304,
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  system: 500,
  notImplemented: 501,
  unavailable: 503,
};

const KIND_OF_STATUS: ReadonlyMap<number, ErrorKind> = new Map(
  (Object.keys(STATUS_OF_KIND) as ErrorKind[]).map((kind) => [STATUS_OF_KIND[kind], kind]),
);

/** The table read backwards. A status it does not know is the server's fault from 500 up, the caller's below. */
export function errorKindOf(status: number): ErrorKind {
  return KIND_OF_STATUS.get(status) ?? (status >= 500 ? "system" : "invalid");
}

/** Swagger ErrorResponse: the body of every refusal. */
export interface ErrorResponse {
  readonly message: string;
}

/** A refusal with its kind: thrown inside the engine, and again by the client from the answer it got. */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  constructor(kind: ErrorKind, message: string) {
    super(message);
    this.name = "EngineError";
    this.kind = kind;
  }
}
