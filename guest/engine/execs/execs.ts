import { EngineError } from "../../api/contract/errors.ts";
import type { ExecConfig, ExecInspectResponse, ExecStartConfig, IdResponse } from "../../api/contract/exec.ts";
import { killChild } from "../../runtime/container.ts";
import { ALL_CAPABILITIES, processCapabilities } from "../../runtime/default-spec.ts";
import { execInContainer } from "../../runtime/exec.ts";
import { PinnedProcess } from "../../runtime/pinned-process.ts";
import { removeFile } from "../../runtime/remove-file.ts";
import type { Process } from "../../runtime/spec.ts";
import { type ResolvedUser, resolveUser } from "../../runtime/user.ts";
import { type Sys, SysError } from "../../sys/sys.ts";
import { attachWords, parseDetachKeys, type TakenStream, type TakeStream } from "../containers/attach.ts";
import { overlayEnv, processEnv } from "../containers/config.ts";
import type { Container } from "../containers/container.ts";
import type { ContainerUsers } from "../containers/container-users.ts";
import type { Containers } from "../containers/containers.ts";
import { publishContainer } from "../containers/publish.ts";
import { planRlimits } from "../containers/resources.ts";
import { noNewPrivileges } from "../containers/security.ts";
import { type ProcessEnd, parseExitFile, ShimConnection } from "../containers/shim.ts";
import { capabilitiesOf, seccompOf, withHome } from "../containers/spec.ts";
import type { CrashAt } from "../crash.ts";
import { execFailure, isRestarting, translated } from "../errors.ts";
import type { EventLog } from "../events.ts";
import type { Probe, ProbeEnd } from "../health/health-checks.ts";
import { randomId } from "../ids.ts";
import { containerPaths } from "../layout.ts";
import { readJson } from "../store.ts";
import {
  type ExecProcess,
  type ExecRecord,
  execPaths,
  findExecProcess,
  readExecRecords,
  writeExecRecord,
} from "./exec-record.ts";
import { OutputCapture } from "./output-capture.ts";

interface Exec {
  readonly id: string;
  readonly container: Container;
  readonly config: ExecConfig;
  readonly probe: boolean;
  readonly command: readonly string[];
  readonly keys: readonly number[];
  state: "created" | "running" | "exited";
  exitCode: number | null;
  /** null: it is not there, or a former engine has started it and nobody has asked. */
  process: ExecProcess | null;
  onEnded: ((exitCode: number) => void) | null;
  shim: ShimConnection | null;
}

export interface ExecsOptions {
  readonly sys: Sys;
  readonly containers: Containers;
  readonly users: ContainerUsers;
  readonly events: EventLog;
  readonly crash: CrashAt;
}

/** Ended execs are kept so that their exit code can be asked for; beyond this many the oldest are forgotten. */
const REMEMBERED = 64;
/** A shim that left no word. */
const UNKNOWN_END = 255;

/** `docker exec`: further programs in running containers. */
export class Execs {
  readonly #options: ExecsOptions;
  readonly #pins: PinnedProcess;
  readonly #byId = new Map<string, Exec>();

  constructor(options: ExecsOptions) {
    this.#options = options;
    this.#pins = new PinnedProcess(options.sys);
  }

  create(name: string, config: ExecConfig): IdResponse {
    const container = this.#options.containers.requireRunning(name);
    refusePaused(container, name);
    if ((config.Cmd ?? []).length === 0) throw new EngineError("invalid", "No exec command specified");
    return { Id: this.#create(container, config, false).id };
  }

  #create(container: Container, config: ExecConfig, probe: boolean): Exec {
    const { sys, events } = this.#options;
    const id = randomId(sys);
    this.#forgetOldest();
    const exec = this.#add(container, { id, config, probe });
    publishContainer(events, container, `exec_create: ${exec.command.join(" ")}`, { execID: id });
    return exec;
  }

  /** For a health check. Throws EngineError when it cannot be started; afterwards its end is told in any case. */
  runProbe(container: Container, config: ExecConfig, ended: (end: ProbeEnd) => void): Probe {
    const exec = this.#create(container, config, true);
    const output = new OutputCapture(this.#options.sys);
    exec.onEnded = (exitCode) => {
      this.#byId.delete(exec.id);
      ended({ exitCode, output: output.finish() });
    };
    try {
      this.#run(exec, {}, output.stream);
    } catch (error) {
      this.#byId.delete(exec.id);
      this.#options.sys.close(output.stream.fd);
      output.finish();
      throw error;
    }
    return { kill: () => this.#kill(exec) };
  }

  /** Finds again what a former engine started in a container that runs: its shim, its exit file, or nothing. */
  reconnect(container: Container): void {
    const { sys } = this.#options;
    for (const record of readExecRecords(sys, container.id)) {
      const exec = this.#add(container, record);
      try {
        this.#connect(exec);
        if (record.probe) this.#kill(exec);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        this.#ended(exec, parseExitFile(readJson(sys, execPaths(container.id, exec.id).exitFile)));
      }
    }
  }

  /** Id of the container that it is in; null when there is no such exec. */
  containerOf(id: string): string | null {
    return this.#byId.get(id)?.container.id ?? null;
  }

  runs(id: string): boolean {
    return this.#byId.get(id)?.state === "running";
  }

  start(id: string, request: ExecStartConfig, take: TakeStream): void {
    const exec = this.#find(id);
    if (exec.state === "running") throw new EngineError("conflict", `exec command ${id} is already running`);
    if (exec.state === "exited") throw new EngineError("conflict", `exec command ${id} has already run`);
    if (request.Detach === true) this.#run(exec, request, null);
    else this.#runAttached(exec, request, take(exec.config.Tty !== true));
  }

  resize(id: string, { rows, columns }: { readonly rows: number; readonly columns: number }): void {
    const exec = this.#find(id);
    if (exec.state !== "running") throw new EngineError("conflict", `exec ${id} is not running`);
    exec.shim?.resize(rows, columns);
  }

  inspect(id: string): ExecInspectResponse {
    const exec = this.#byId.get(id);
    if (exec === undefined) throw noSuchExec(id);
    // Who saw its stream end asks for the code: the word of it has come, but perhaps not its turn.
    if (exec.state === "running") exec.shim?.hear();
    const { config, command } = exec;
    const [entrypoint = "", ...rest] = command;
    return {
      ID: id,
      Running: exec.state === "running",
      ExitCode: exec.exitCode,
      ProcessConfig: {
        tty: config.Tty === true,
        entrypoint,
        arguments: rest,
        privileged: config.Privileged === true,
        ...(config.User ? { user: config.User } : {}),
      },
      OpenStdin: config.AttachStdin === true,
      OpenStderr: config.AttachStderr === true,
      OpenStdout: config.AttachStdout === true,
      CanRemove: false,
      ContainerID: exec.container.id,
      DetachKeys: exec.keys.map((byte) => String.fromCharCode(byte)).join(""),
      Pid: this.#processOf(exec)?.pid ?? 0,
    };
  }

  #add(container: Container, { id, config, probe }: ExecRecord): Exec {
    const command = config.Cmd ?? [];
    const escapeKeys = parseDetachKeys(config.DetachKeys ?? "", "escape");
    const keys = config.Tty === true ? escapeKeys : [];
    const exec: Exec = {
      id,
      container,
      config,
      probe,
      command,
      keys,
      state: "created",
      exitCode: null,
      process: null,
      onEnded: null,
      shim: null,
    };
    this.#byId.set(id, exec);
    container.execs.add(id);
    return exec;
  }

  /** One that a former engine started is looked for when somebody asks: its shim may have been on its way. */
  #processOf(exec: Exec): ExecProcess | null {
    if (exec.state === "running") exec.process ??= findExecProcess(this.#options.sys, exec.id);
    return exec.process;
  }

  #kill(exec: Exec): void {
    const process = this.#processOf(exec);
    if (process !== null) killChild(this.#options.sys, { pid: process.pid, parent: process.shimPid });
  }

  /** Once the stream is the client's, a failure is told in it, and the exit code by inspect: as Docker does. */
  #runAttached(exec: Exec, request: ExecStartConfig, stream: TakenStream): void {
    try {
      this.#run(exec, request, stream);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      writeLast(this.#options.sys, stream.fd, `${text}\r\n`, exec.config.Tty !== true);
    }
  }

  #run(exec: Exec, request: ExecStartConfig, stream: TakenStream | null): void {
    const { sys, events, crash } = this.#options;
    const { container, id } = exec;
    if (!container.running) throw new EngineError("conflict", `container ${container.id} is not running`);
    const paths = execPaths(container.id, id);
    publishContainer(events, container, `exec_start: ${exec.command.join(" ")}`, { execID: id });
    try {
      const process = translated(() => this.#process(exec, request));
      writeExecRecord(sys, container.id, exec);
      crash("exec:recorded");
      const seccomp = exec.config.Privileged === true ? null : seccompOf(container.hostConfig);
      exec.process = execInContainer(sys, {
        id,
        pid: container.state.Pid,
        startTime: container.state.ProcessStart,
        pins: this.#pins,
        process,
        ...(seccomp === null ? {} : { seccomp }),
        cgroup: containerPaths(container.id).cgroup,
        shim: {
          listenSocketPath: paths.socket,
          exitFile: paths.exitFile,
          log: null,
          openStdin: exec.config.AttachStdin === true,
          stdinOnce: true,
        },
        onListening: () => {
          const shim = this.#connect(exec);
          if (stream !== null) shim.offer(this.#words(exec), stream);
          crash("exec:listening");
        },
      });
      crash("exec:running");
      if (stream !== null) sys.close(stream.fd);
    } catch (error) {
      throw this.#fail(exec, error);
    }
  }

  #connect(exec: Exec): ShimConnection {
    const { sys, events } = this.#options;
    const { socket, exitFile } = execPaths(exec.container.id, exec.id);
    const shim = new ShimConnection(sys, socket, {
      ended: (end) => this.#ended(exec, end ?? parseExitFile(readJson(sys, exitFile))),
      detached: () => publishContainer(events, exec.container, "exec_detach", { execID: exec.id }),
    });
    exec.shim = shim;
    exec.state = "running";
    return shim;
  }

  #words({ config, keys, probe }: Exec): string {
    return attachWords({
      stdin: config.AttachStdin === true,
      stdout: config.AttachStdout === true,
      stderr: config.AttachStderr === true,
      multiplexed: !probe && config.Tty !== true,
      keys,
    });
  }

  #process({ container, config, command }: Exec, request: ExecStartConfig): Process {
    const { hostConfig: host } = container;
    const user = this.#user(container, config.User || (container.config.User ?? ""));
    const tty = config.Tty === true;
    const [rows = 0, columns = 0] = request.ConsoleSize ?? config.ConsoleSize ?? [];
    const rlimits = planRlimits(host.Ulimits);
    const capabilities = config.Privileged === true ? ALL_CAPABILITIES : capabilitiesOf(host);
    return {
      terminal: tty,
      ...(tty && rows > 0 && columns > 0 ? { consoleSize: { height: rows, width: columns } } : {}),
      user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
      args: command,
      env: withHome(overlayEnv(processEnv({ ...container.config, Tty: tty }), config.Env ?? []), user.home),
      cwd: config.WorkingDir || container.config.WorkingDir || "/",
      capabilities: processCapabilities(capabilities, user.uid),
      ...(rlimits.length === 0 ? {} : { rlimits }),
      ...(noNewPrivileges(host) ? { noNewPrivileges: true } : {}),
      // Always said: otherwise it would be the engine's own.
      oomScoreAdj: host.OomScoreAdj ?? 0,
    };
  }

  /** With volumes, what its processes see: one of them may be a passwd file. */
  #user(container: Container, name: string): ResolvedUser {
    const { sys, users } = this.#options;
    if (container.record.MountPoints.length === 0) return users.resolve(container, name);
    return resolveUser(sys, `/proc/${container.state.Pid}/root`, name, container.hostConfig.GroupAdd ?? []);
  }

  #ended(exec: Exec, end: ProcessEnd | null): void {
    this.#options.crash("exec:ended");
    this.#close(exec, end?.code ?? UNKNOWN_END);
    publishContainer(this.#options.events, exec.container, "exec_die", {
      execID: exec.id,
      exitCode: String(exec.exitCode),
    });
    exec.onEnded?.(exec.exitCode ?? UNKNOWN_END);
  }

  #fail(exec: Exec, error: unknown): EngineError {
    const failure = execFailure(error);
    this.#close(exec, failure.exitCode);
    return failure.error;
  }

  #close(exec: Exec, exitCode: number): void {
    const { sys } = this.#options;
    exec.state = "exited";
    exec.exitCode = exitCode;
    exec.process = null;
    exec.shim?.quit();
    exec.shim = null;
    exec.container.execs.delete(exec.id);
    // The record first: what is left without it belongs to nobody.
    const { record, socket, exitFile } = execPaths(exec.container.id, exec.id);
    for (const file of [record, socket, exitFile]) removeFile(sys, file);
  }

  #find(id: string): Exec {
    const exec = this.#byId.get(id);
    if (exec === undefined) throw noSuchExec(id);
    const { container } = exec;
    if (container.restarting) throw isRestarting(container.id);
    if (!container.running) throw new EngineError("conflict", `container ${container.id} is not running`);
    refusePaused(container, container.id);
    return exec;
  }

  #forgetOldest(): void {
    if (this.#byId.size < REMEMBERED) return;
    for (const [id, exec] of this.#byId) {
      if (exec.state === "running") continue;
      exec.container.execs.delete(id);
      this.#byId.delete(id);
      return;
    }
  }
}

/** Its program would stand still before it had begun. `name` is what the client called it. */
function refusePaused({ paused }: Container, name: string): void {
  if (paused) throw new EngineError("conflict", `Container ${name} is paused, unpause the container before exec`);
}

function noSuchExec(id: string): EngineError {
  return new EngineError("notFound", `No such exec instance: ${id}`);
}

/** A last word to a client whose stream is ours, framed as standard output. The stream is closed. */
function writeLast(sys: Sys, fd: number, text: string, framed: boolean): void {
  const body = sys.utf8Encode(text);
  const message = new Uint8Array(body.length + (framed ? 8 : 0));
  if (framed) message.set([1, 0, 0, 0, 0, 0, body.length >>> 8, body.length & 255]);
  message.set(body, framed ? 8 : 0);
  try {
    sys.write(fd, message);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
  sys.close(fd);
}
