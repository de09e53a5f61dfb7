/** What this program says it is. Nothing of it was built by Go; the engine's machine is what it runs on. */
import { API_VERSION, ENGINE_VERSION } from "../api/contract/versions.ts";

export const CLIENT_BUILD = "drydock";
export const CLIENT_VERSION_LINE = `Docker version ${ENGINE_VERSION}, build ${CLIENT_BUILD}\n`;

export interface ClientVersion {
  readonly Version: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly BuildTime: string;
  readonly Context: string;
}

export const CLIENT_VERSION: ClientVersion = {
  Version: ENGINE_VERSION,
  GitCommit: CLIENT_BUILD,
  GoVersion: "none",
  Os: "linux",
  Arch: "386",
  BuildTime: "unknown",
  Context: "default",
};

export const CLIENT_API_VERSION = API_VERSION;
