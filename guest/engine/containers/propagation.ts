/**
 * `-v /a:/b:rshared`, `:rslave`: a mount that is made on the one side is seen on the other, both ways or inwards only, when
 * the source lies in a mount that is shared already. mount_namespaces(7)
 */
import { EngineError } from "../../api/contract/errors.ts";
import { fdPath } from "../../runtime/in-root.ts";
import type { Linux } from "../../runtime/spec.ts";
import { O_PATH } from "../../sys/constants.ts";
import type { Sys } from "../../sys/sys.ts";
import { readMounts } from "../kernel/namespaces-and-mounts.ts";
import type { PlannedMount } from "./mounts.ts";

const SHARED = /^r?shared$/;
const SLAVE = /^r?slave$/;

/** What all mounts of the container's namespace are made at first. Nothing that was shared may be private then. */
export function rootPropagation(mounts: readonly PlannedMount[]): Pick<Linux, "rootfsPropagation"> {
  if (mounts.some(({ point }) => SHARED.test(point.Propagation))) return { rootfsPropagation: "shared" };
  return mounts.some(({ point }) => SLAVE.test(point.Propagation)) ? { rootfsPropagation: "slave" } : {};
}

/** Throws Docker's refusal of a source whose mount tells nobody of others. */
export function checkPropagation(sys: Sys, mounts: readonly PlannedMount[]): void {
  for (const { point } of mounts) {
    if (SHARED.test(point.Propagation)) requireMount(sys, point.Source, ["shared:"], "a shared mount");
    if (SLAVE.test(point.Propagation))
      requireMount(sys, point.Source, ["shared:", "master:"], "a shared or slave mount");
  }
}

function requireMount(sys: Sys, source: string, wanted: readonly string[], what: string): void {
  const fd = sys.open(source, O_PATH);
  const path = sys.readlink(fdPath(fd));
  sys.close(fd);
  // The newest of several at one point lies on top.
  const [mount] = readMounts(sys, "self")
    .filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`))
    .reverse()
    .sort((a, b) => b.point.length - a.point.length);
  if (mount?.propagation.some((word) => wanted.some((prefix) => word.startsWith(prefix)))) return;
  throw new EngineError("system", `path ${source} is mounted on ${mount?.point ?? "/"} but it is not ${what}`);
}
