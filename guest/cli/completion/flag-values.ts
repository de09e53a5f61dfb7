/**
 * What the value of a flag can be, by the flag's name. One that stands here nowhere takes what nobody can guess: a name, a
 * number, a path in the container.
 */
import { CAPABILITIES, SIGNALS } from "../../sys/constants.ts";
import type { Flag } from "../args/flag.ts";
import { beginnings, FILES, NOTHING, words } from "./answer.ts";
import type { Question, Source } from "./question.ts";
import {
  beginningWith,
  containers,
  contexts,
  files,
  images,
  logDrivers,
  modeOrContainer,
  nothing,
  objects,
  oneOf,
  pairs,
  variables,
} from "./sources.ts";

const NETWORKS = ["bridge", "host", "none"];
const ULIMITS = ["core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "rtprio", "stack"];
const EVENTS = [
  ...["attach", "create", "destroy", "die", "exec_create", "exec_die", "exec_start", "health_status", "kill", "oom"],
  ...["pause", "prune", "rename", "restart", "start", "stop", "top", "unpause", "update"],
];

export const FLAG_VALUES: Readonly<Record<string, Source>> = {
  attach: oneOf("stdin", "stdout", "stderr"),
  "cap-add": capabilities,
  "cap-drop": capabilities,
  cgroupns: oneOf("host", "private"),
  cidfile: files,
  config: files,
  context: contexts,
  "detach-keys": beginningWith("ctrl-"),
  device: files,
  docker: beginningWith("from=", "host=", "skip-tls-verify="),
  env: variables,
  "env-file": files,
  filter: filters,
  format: formats,
  from: contexts,
  ipc: modeOrContainer("host", "none", "private", "shareable"),
  "label-file": files,
  "log-driver": logDrivers,
  "log-level": oneOf("debug", "info", "warn", "error", "fatal"),
  "log-opt": beginningWith("compress=", "env=", "labels=", "max-file=", "max-size=", "mode=", "tag="),
  mount: mounts,
  network: modeOrContainer(...NETWORKS),
  output: files,
  pid: modeOrContainer("host"),
  pull: oneOf("always", "missing", "never"),
  restart: oneOf("no", "always", "on-failure", "unless-stopped"),
  "security-opt": oneOf("apparmor=unconfined", "no-new-privileges", "seccomp=unconfined"),
  signal: signals,
  "stop-signal": signals,
  tlscacert: files,
  tlscert: files,
  tlskey: files,
  type: oneOf("container", "image"),
  ulimit: beginningWith(...ULIMITS.map((name) => `${name}=`)),
  userns: oneOf("host"),
  uts: oneOf("host"),
  volume: files,
  "volumes-from": containers("all"),
};

const FILTER_VALUES: Readonly<Record<string, Source>> = {
  ancestor: images,
  before: objects,
  container: containers("all"),
  dangling: oneOf("true", "false"),
  event: oneOf(...EVENTS),
  health: oneOf("starting", "healthy", "unhealthy", "none"),
  image: images,
  name: containers("all"),
  network: oneOf(...NETWORKS),
  reference: images,
  since: objects,
  status: oneOf("created", "restarting", "running", "removing", "paused", "exited", "dead"),
  type: oneOf("container", "daemon", "image", "network", "volume"),
};

export function completeFlagValue(question: Question & { readonly flag: Flag }): ReturnType<Source> {
  const source = Object.hasOwn(FLAG_VALUES, question.flag.name) ? FLAG_VALUES[question.flag.name] : undefined;
  return source === undefined || question.flag.kind === "bool" ? NOTHING : source(question);
}

/** Both spellings are understood; the short one is shown until the long one is begun. */
function capabilities({ word }: Question): ReturnType<Source> {
  const long = word.startsWith("CAP_");
  return words(["ALL", ...CAPABILITIES.map((name) => (long ? name : name.slice("CAP_".length)))]);
}

function signals({ word }: Question): ReturnType<Source> {
  const prefix = word.startsWith("SIG") ? "SIG" : "";
  return words(Object.keys(SIGNALS).map((name) => prefix + name));
}

function mounts({ word }: Question): ReturnType<Source> {
  return /,(?:source|src)=[^,]*$/.test(word) ? FILES : beginnings(["type=bind,source=", "type=tmpfs,target="]);
}

function filters(question: Question): ReturnType<Source> {
  const keys = question.flag?.keys ?? [];
  return pairs(Object.fromEntries(keys.map((key) => [key, FILTER_VALUES[key] ?? nothing])))(question);
}

/** Those that the help of the flag names; a template is typed. */
function formats({ flag }: Question): ReturnType<Source> {
  const named = ["json", "table"].filter((format) => new RegExp(`['"]${format}['"]`).test(flag?.usage ?? ""));
  return words(named);
}
