/** `--platform linux/i386`: containerd's specifier OS[(VERSION)], ARCH or OS/ARCH[/VARIANT], as it is sent: "linux/386". */
import { ExitError } from "../command.ts";

const OS_PART = /^([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.-]*)\))?$/;
const PART = /^[A-Za-z0-9_-]+$/;
const SYSTEMS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const ARCHITECTURES = new Set(
  "386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm".split(" "),
);
/** As uname(1) has them, and what they are called here. */
const ALIASES: Readonly<Record<string, string>> = { i386: "386", x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };

/** Throws what Docker's client says before it asks. "" stays "". */
export function normalizePlatform(text: string): string {
  if (text === "") return "";
  const [system = "", architecture, variant, ...more] = text.split("/");
  checkParts(text, system, [architecture, variant, ...more]);
  if (more.length > 0) throw refusal(`${JSON.stringify(text)}: cannot parse platform specifier`);
  const os = system.replace(/\(.*/, "").toLowerCase();
  if (architecture === undefined) return complete(text, os);
  return [os, normalizeArchitecture(architecture), variant?.toLowerCase()].filter(Boolean).join("/");
}

/** One word is a system or an architecture; the other half is this client's own. */
function complete(text: string, word: string): string {
  if (SYSTEMS.has(word)) return `${word}/386`;
  const architecture = normalizeArchitecture(word);
  if (ARCHITECTURES.has(architecture)) return `linux/${architecture}`;
  throw refusal(`${JSON.stringify(text)}: unknown operating system or architecture`);
}

function checkParts(text: string, system: string, parts: readonly (string | undefined)[]): void {
  const [whole, word] = [text, system].map((each) => JSON.stringify(each));
  if (text.includes("*")) throw refusal(`${whole}: wildcards not yet supported`);
  if (!OS_PART.test(system)) {
    const rule = `OSAndVersion specifier component must match ${JSON.stringify(OS_PART.source)}`;
    throw refusal(`${word} is an invalid OS component of ${whole}: ${rule}`);
  }
  const bad = parts.find((part) => part !== undefined && !PART.test(part));
  if (bad === undefined) return;
  const rule = `platform specifier component must match ${JSON.stringify(PART.source)}`;
  throw refusal(`${JSON.stringify(bad)} is an invalid component of ${whole}: ${rule}`);
}

function normalizeArchitecture(name: string): string {
  const lower = name.toLowerCase();
  return ALIASES[lower] ?? lower;
}

function refusal(message: string): ExitError {
  return new ExitError(125, `error parsing specified platform: ${message}: invalid argument`);
}
