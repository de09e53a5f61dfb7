/**
 * Names of users and groups mean what the container's own /etc/passwd and /etc/group say: passwd(5), group(5). The kernel
 * knows numbers only. The sentences are those of Docker's user package.
 */
import { F_OK, O_RDONLY } from "../sys/constants.ts";
import { type Sys, SysError } from "../sys/sys.ts";
import { type InRoot, openInRoot } from "./in-root.ts";
import { RuntimeError } from "./runtime-error.ts";

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** Home directory, "/" for somebody who is not listed. */
  readonly home: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Bytes of one read: usually the whole file. */
const PIECE = 65536;
/** linux/uidgid.h and moby/user: ids go to 2^31 - 1. */
const HIGHEST_ID = 0x7fffffff;

/** What a root filesystem says of users and groups. */
export interface UserFiles {
  readonly passwd: readonly PasswdEntry[];
  readonly groups: readonly GroupEntry[];
  /** Neither file, nor a directory on the way to it, is a link: what stands elsewhere in the root has no say. */
  readonly plain: boolean;
}

/**
 * "", "name", "uid", "name:group", "uid:gid" … against the files below `root` (a container's root directory, or
 * /proc/PID/root). `groupAdd` are names or numbers as in --group-add. Throws RuntimeError of stage "user".
 */
export function resolveUser(sys: Sys, root: string, user: string, groupAdd: readonly string[] = []): ResolvedUser {
  return lookUp(user, groupAdd, readUserFiles(sys, root));
}

/** Throws SysError. */
export function readUserFiles(sys: Sys, root: string): UserFiles {
  const directory = sys.open(root, O_RDONLY);
  try {
    const passwd = readInRoot(sys, directory, "etc/passwd");
    const group = readInRoot(sys, directory, "etc/group");
    const plain = !passwd.followed && !group.followed;
    return { passwd: parsePasswd(passwd.text), groups: parseGroups(group.text), plain };
  } finally {
    sys.close(directory);
  }
}

/** Home directory of a number, "/" when nobody has it. Paths are those of this process. */
export function homeOf(sys: Sys, uid: number): string {
  if (!sys.access("/etc/passwd", F_OK)) return "/";
  return parsePasswd(sys.readFile("/etc/passwd")).find((entry) => entry.uid === uid)?.home || "/";
}

export function lookUp(user: string, groupAdd: readonly string[], { passwd, groups }: UserFiles): ResolvedUser {
  const colon = user.indexOf(":");
  const userName = colon === -1 ? user : user.slice(0, colon);
  const groupName = colon === -1 ? "" : user.slice(colon + 1);
  const entry = findUser(userName, passwd);
  const gid = groupName === "" ? entry.gid : findGroup(groupName, groups);
  // An explicit group stands alone; without one every group that lists the user counts.
  const supplementary = groupName === "" && entry.name !== "" ? groupsOf(entry.name, groups) : [];
  const added = groupAdd.map((name) => findAddedGroup(name, groups));
  return { uid: entry.uid, gid, additionalGids: unique([gid, ...supplementary, ...added]), home: entry.home || "/" };
}

export const parsePasswd = rememberLast((text: string): readonly PasswdEntry[] => {
  const entries: PasswdEntry[] = [];
  for (const line of text.split("\n")) {
    const [name = "", , uid, gid, , home = ""] = line.trim().split(":");
    if (name !== "" && !name.startsWith("#"))
      entries.push({ name, uid: Number(uid ?? 0), gid: Number(gid ?? 0), home });
  }
  return entries;
});

export const parseGroups = rememberLast((text: string): readonly GroupEntry[] => {
  const entries: GroupEntry[] = [];
  for (const line of text.split("\n")) {
    const [name = "", , gid, members = ""] = line.trim().split(":");
    if (name === "" || name.startsWith("#")) continue;
    entries.push({ name, gid: Number(gid ?? 0), members: members === "" ? [] : members.split(",") });
  }
  return entries;
});

/** One container after the other comes from the same image, and its files say the same: comparing is far less than reading. */
function rememberLast<T>(read: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly value: T } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, value: read(text) };
    return last.value;
  };
}

/** A name goes before a number, because "1000" may be somebody's name. */
function findUser(wanted: string, passwd: readonly PasswdEntry[]): PasswdEntry {
  if (wanted === "") return passwd.find(({ uid }) => uid === 0) ?? { name: "", uid: 0, gid: 0, home: "/" };
  const number = numberOf(wanted);
  const entry = passwd.find(({ name, uid }) => name === wanted || uid === number);
  if (entry !== undefined) return entry;
  if (number === null) throw failure(`unable to find user ${wanted}: no matching entries in passwd file`);
  if (number > HIGHEST_ID) throw failure("uids and gids must be in range 0-2147483647");
  return { name: "", uid: number, gid: 0, home: "/" };
}

function findGroup(wanted: string, groups: readonly GroupEntry[]): number {
  const number = numberOf(wanted);
  const entry = groups.find(({ name, gid }) => name === wanted || gid === number);
  if (entry !== undefined) return entry.gid;
  if (number === null) throw failure(`unable to find group ${wanted}: no matching entries in group file`);
  if (number > HIGHEST_ID) throw failure("uids and gids must be in range 0-2147483647");
  return number;
}

function findAddedGroup(wanted: string, groups: readonly GroupEntry[]): number {
  const number = numberOf(wanted);
  const entry = groups.find(({ name }) => name === wanted);
  if (entry !== undefined) return entry.gid;
  if (number === null) throw failure(`Unable to find group ${wanted}: no matching entries in group file`);
  return number;
}

function groupsOf(user: string, groups: readonly GroupEntry[]): readonly number[] {
  return groups.filter(({ members }) => members.includes(user)).map(({ gid }) => gid);
}

function numberOf(text: string): number | null {
  const number = Number(text);
  return text !== "" && text.trim() === text && Number.isInteger(number) && number >= 0 ? number : null;
}

function unique(numbers: readonly number[]): readonly number[] {
  return numbers.length < 2 ? numbers : [...new Set(numbers)];
}

/** An image without the file (hello-world) has nobody in it; what a link leads to may be made later. */
function readInRoot(sys: Sys, root: number, path: string): { readonly text: string; readonly followed: boolean } {
  let found: InRoot;
  try {
    found = openInRoot(sys, root, path, O_RDONLY);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return { text: "", followed: true };
    throw error;
  }
  try {
    return { text: readAll(sys, found.fd), followed: found.followed };
  } finally {
    sys.close(found.fd);
  }
}

/** A file that a process of the container may write to meanwhile: read(2) gives less than asked for at its end only. */
function readAll(sys: Sys, fd: number): string {
  let text = "";
  for (;;) {
    const bytes = sys.read(fd, PIECE);
    text += sys.utf8Decode(bytes);
    if (bytes.length < PIECE) return text;
  }
}

function failure(reason: string): RuntimeError {
  return new RuntimeError({ stage: "user", syscall: "", code: "ENOENT", path: null, reason });
}
