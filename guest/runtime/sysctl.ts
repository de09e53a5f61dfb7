/** A sysctl is a file: net.ipv4.ip_forward is /proc/sys/net/ipv4/ip_forward. sysctl(8), proc(5). Those of net, and some of
 * kernel, are the namespace's own, and what is written there is seen only in it. */
import type { Sys } from "../sys/sys.ts";

export function writeSysctls(sys: Sys, sysctls: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(sysctls)) sys.writeKernelFile(sysctlPath(name), value);
}

/** As sysctl(8): when the first separator is a slash, dots are part of the names (net/ipv4/conf/eth0.1/forwarding). */
export function sysctlPath(name: string): string {
  const dot = name.indexOf(".");
  const slash = name.indexOf("/");
  const slashed = slash !== -1 && (dot === -1 || slash < dot);
  return `/proc/sys/${slashed ? name : name.replaceAll(".", "/")}`;
}
