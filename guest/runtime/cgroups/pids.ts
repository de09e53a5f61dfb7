/** pids.max: how many tasks may exist at once; fork(2) then says EAGAIN. What stops a fork bomb. 0 is "not set", -1 none. */
import type { Resources } from "../spec.ts";
import type { CgroupWrite } from "./cgroup.ts";

export function pidsWrites({ pids }: Resources): readonly CgroupWrite[] {
  if (pids === undefined || pids.limit === 0) return [];
  return [["pids.max", pids.limit < 0 ? "max" : String(pids.limit)]];
}
