/**
 * Packages and sources of one Debian release, whatever the build machine runs: a private apt root of our own, which needs
 * no root rights and leaves the system alone. The mirror is the machine's own.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.ts";

const SUITE = "trixie";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const FALLBACK_MIRROR = "http://deb.debian.org/debian";
const LISTS_AGE = 24 * 3600 * 1000;

export interface Package {
  readonly name: string;
  readonly version: string;
}

export interface BinaryPackage extends Package {
  readonly file: string;
}

export interface SourcePackage extends Package {
  /** The upstream archive, as it is in Debian. */
  readonly archive: string;
}

export class DebianArchive {
  readonly #folder: string;
  readonly #downloads: string;
  readonly #log: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#downloads = join(folder, "downloads");
    this.#log = join(folder, "apt.log");
    for (const part of ["state/lists/partial", "cache/archives/partial", "downloads"])
      mkdirSync(join(folder, part), { recursive: true });
    this.#configure();
    this.#update();
  }

  /** `name` may carry an architecture: "musl-dev:i386". */
  downloadPackage(name: string): BinaryPackage {
    const version = this.#field(["show", "--no-all-versions", name], "Version");
    const [plain = name] = name.split(":");
    const prefix = `${plain}_${version.replaceAll(":", "%3a")}_`;
    const file = (): string | undefined => readdirSync(this.#downloads).find((entry) => entry.startsWith(prefix));
    if (file() === undefined) this.#apt("apt-get", ["download", name]);
    return { name: plain, version, file: join(this.#downloads, this.#found(file(), name)) };
  }

  downloadSource(name: string): SourcePackage {
    const version = this.#field(["showsrc", "--only-source", name], "Version");
    const prefix = `${name}_${upstreamVersion(version)}.orig.tar.`;
    const file = (): string | undefined =>
      readdirSync(this.#downloads).find((entry) => entry.startsWith(prefix) && !entry.endsWith(".asc"));
    if (file() === undefined)
      this.#apt("apt-get", ["source", "--download-only", "--only-source", `${name}=${version}`]);
    return { name, version, archive: join(this.#downloads, this.#found(file(), name)) };
  }

  unpackPackage({ file }: BinaryPackage, folder: string): void {
    mkdirSync(folder, { recursive: true });
    runCommand("dpkg-deb", ["-x", file, folder], { cwd: folder, log: this.#log });
  }

  /** Without the archive's top folder. */
  unpackSource({ archive }: { readonly archive: string }, folder: string): void {
    mkdirSync(folder, { recursive: true });
    const args = ["-xf", archive, "--strip-components=1", "--no-same-owner"];
    runCommand("tar", args, { cwd: folder, log: this.#log });
  }

  #configure(): void {
    const keyring = existsSync(KEYRING) ? ` signed-by=${KEYRING}` : "";
    const mirror = findMirror();
    const sources = [
      `deb [arch=amd64,i386${keyring}] ${mirror} ${SUITE} main`,
      `deb-src [${keyring.trim() || "arch=i386"}] ${mirror} ${SUITE} main`,
    ];
    const configuration = [
      `Dir::State "${join(this.#folder, "state")}";`,
      `Dir::State::status "${join(this.#folder, "state/status")}";`,
      `Dir::Cache "${join(this.#folder, "cache")}";`,
      `Dir::Etc::sourcelist "${join(this.#folder, "sources.list")}";`,
      'Dir::Etc::sourceparts "-";',
      'APT::Architecture "amd64";',
      'APT::Architectures {"amd64";"i386";};',
      'APT::Sandbox::User "root";',
    ];
    writeFileSync(join(this.#folder, "sources.list"), `${sources.join("\n")}\n`);
    writeFileSync(join(this.#folder, "state/status"), "");
    writeFileSync(join(this.#folder, "apt.conf"), `${configuration.join("\n")}\n`);
  }

  #update(): void {
    const stamp = join(this.#folder, "updated");
    if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < LISTS_AGE) return;
    this.#apt("apt-get", ["update"]);
    writeFileSync(stamp, "");
  }

  #field(query: readonly string[], field: string): string {
    const text = this.#apt("apt-cache", query);
    // A release can serve several versions of a source: the newest stands last.
    const values = text.split("\n").filter((line) => line.startsWith(`${field}: `));
    return this.#found(values.at(-1), query.at(-1) ?? "").slice(field.length + 2);
  }

  #apt(program: string, args: readonly string[]): string {
    const env = { APT_CONFIG: join(this.#folder, "apt.conf") };
    return runCommand(program, args, { cwd: this.#downloads, log: this.#log, env });
  }

  #found<T>(value: T | undefined, name: string): T {
    if (value === undefined) throw new Error(`Debian ${SUITE} serves no ${name}; see ${this.#log}`);
    return value;
  }
}

/** "1:1.3.dfsg+really1.3.1-1" is upstream's "1.3.dfsg+really1.3.1". */
function upstreamVersion(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
}

/** The first Debian mirror that the machine itself uses. */
function findMirror(): string {
  const folder = "/etc/apt/sources.list.d";
  const extra = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const files = [...extra, "/etc/apt/sources.list"].filter((file) => /\.(sources|list)$/.test(file));
  for (const file of files) {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    const mirror = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+\/debian)\/?\s*(?:\s\S+.*)?$/m.exec(text)?.[1];
    if (mirror !== undefined) return mirror;
  }
  return FALLBACK_MIRROR;
}
