/**
 * Makes `npm start` work straight after `git clone`: installs the locked packages when node_modules is missing or older
 * than the lockfile, and, with --chromium, Debian's Chromium where apt may be used. Plain JavaScript: it runs first.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stampFile = `${root}node_modules/.drydock-lock`;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`drydock needs Node 20.19 or newer, this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = createHash("sha256").update(readFileSync(`${root}package-lock.json`)).digest("hex");
const installed = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
if (installed !== lock) install();
if (process.argv.includes("--chromium")) ensureChromium();

function install() {
  const started = Date.now();
  console.error("• packages: installing (npm ci) …");
  // A half-made tree from an interrupted run would be trusted otherwise.
  rmSync(stampFile, { force: true });
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const options = { cwd: root, stdio: ["ignore", 2, "inherit"], shell: process.platform === "win32" };
  const { status } = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], options);
  if (status !== 0) {
    console.error("• packages: npm ci failed; its messages stand above. Mend that, then run the command again.");
    process.exit(1);
  }
  mkdirSync(`${root}node_modules`, { recursive: true });
  writeFileSync(stampFile, lock);
  console.error(`• packages: installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The browser tests drive Debian's Chromium. Elsewhere, or without root, they say what is missing. */
function ensureChromium() {
  const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  if (process.env.CHROMIUM || known.some((path) => existsSync(path))) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.error("• chromium: installing Debian's package for the browser tests …");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (args) => spawnSync("apt-get", args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  if (apt(["update", "-qq"]) && apt(["install", "-y", "-qq", "--no-install-recommends", "chromium"])) return;
  console.error("• chromium: could not be installed; set CHROMIUM=/path/to/chromium to run the browser tests.");
}
