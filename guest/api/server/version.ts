import { EngineError } from "../contract/errors.ts";
import { API_VERSION, MIN_API_VERSION } from "../contract/versions.ts";

/** "/v1.45/info" → "/info"; a path without a version stays. Throws Docker's refusals of other versions. */
export function stripVersion(path: string): string {
  if (path.charCodeAt(1) !== 118 || path.startsWith(CURRENT))
    return path.startsWith(CURRENT) ? path.slice(CURRENT.length - 1) : path;
  const end = path.indexOf("/", 1);
  const version = path.slice(2, end < 0 ? path.length : end);
  if (end < 0 || !/^\d[\d.]*$/.test(version)) return path;
  if (compareVersions(version, API_VERSION) > 0) {
    throw new EngineError(
      "invalid",
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
  if (compareVersions(version, MIN_API_VERSION) < 0) {
    throw new EngineError(
      "invalid",
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  return path.slice(end);
}

const CURRENT = `/v${API_VERSION}/`;

/** Negative, zero or positive, part by part: 1.9 is older than 1.45. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(".");
  const right = b.split(".");
  for (let n = 0; n < Math.max(left.length, right.length); n++) {
    const difference = Number(left[n] ?? 0) - Number(right[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
