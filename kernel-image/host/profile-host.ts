/**
 * Makes quickjs.gcda anew, when Debian has another QuickJS or gcc no longer takes the old one. Needs a machine that runs
 * i386 programs:
 *   npx tsx kernel-image/host/profile-host.ts && npm run build:kernel -- host
 */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runCommand } from "../command.ts";
import { DebianArchive } from "../debian.ts";
import { ROOT } from "../paths.ts";
import { buildHost, PROFILE } from "./build-host.ts";

const WORK = join(ROOT, "build/prebuilt");
const COUNTING = ["-O2", "-fprofile-generate", "-fprofile-update=single", "-fno-profile-values"];
/** gcc's library for it was made for glibc, whose names for large files musl has dropped: its own are large. */
const LARGE_FILES = ["open", "fopen", "fcntl", "mmap", "lseek", "ftruncate"];

const folder = join(WORK, "profile");
const log = join(WORK, "profile.log");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const archive = new DebianArchive(join(WORK, "debian"));
const library = runCommand("gcc", ["-m32", "-print-file-name=libgcov.a"], { cwd: folder, log }).trim();
const link = [...LARGE_FILES.map((name) => `-Wl,--defsym=${name}64=${name}`), library];
let object = "";
const { files } = buildHost(
  { archive, folder, log, jobs: availableParallelism() },
  { interpreter: COUNTING, link },
  (path) => {
    object = path;
  },
);
const training = join(ROOT, "kernel-image/host/training.js");
runCommand(files["drydock"] ?? "", ["--script", training], { cwd: folder, log });
copyFileSync(object.replace(/\.o$/, ".gcda"), join(ROOT, PROFILE));
