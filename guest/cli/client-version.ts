/**
 * What this program says it is. No Go compiler and no commit of Docker's made it, so it names none: what there is
 * nothing to say about is left out of the text and the JSON, and is empty to a template.
 */
import { API_VERSION, ENGINE_VERSION } from "../api/contract/versions.ts";

export const CLIENT_VERSION_LINE = `Docker version ${ENGINE_VERSION}, build drydock\n`;

export interface ClientVersion {
  readonly Version: string;
  readonly Os: string;
  readonly Arch: string;
  readonly Context: string;
}

export const CLIENT_VERSION: ClientVersion = {
  Version: ENGINE_VERSION,
  Os: "linux",
  Arch: "386",
  Context: "default",
};

export const CLIENT_API_VERSION = API_VERSION;

/** `fields` with the names that Go's templates know besides: read when asked for, absent from the JSON. */
export function withHidden<T extends object>(fields: T, hidden: Readonly<Record<string, string>>): T {
  for (const name of Object.keys(hidden)) {
    Object.defineProperty(fields, name, { value: hidden[name], enumerable: false });
  }
  return fields;
}

export const UNSAID: Readonly<Record<string, string>> = { GitCommit: "", GoVersion: "", BuildTime: "" };
