/** The composition root: machine → state → shell. Nothing else constructs things. */
import { EngineClient } from "../guest/api/client.ts";
import "./app/app-shell.ts";
import { initialBootStatus } from "./app/boot-status.ts";
import { runInGuest } from "./app/guest-command.ts";
import { StatusTeller } from "./app/status-teller.ts";
import { lessons } from "./lesson/lessons.ts";
import { fetchSource } from "./machine/fetch-source.ts";
import type { Machine } from "./machine/machine.ts";
import type { MachineSource } from "./machine/machine-files.ts";
import { RemoteMachine } from "./machine/remote-machine.ts";
import { startMachine } from "./machine/start-machine.ts";
import { EngineStore } from "./state/engine-store.ts";
import { createPipeTransport } from "./state/pipe-transport.ts";
import { createStorage } from "./storage/storage.ts";

/** One machine from its start to its end. */
interface Session {
  readonly machine: Machine;
  readonly ending: AbortController;
}

const storage = createStorage();
const store = new EngineStore();
const shell = document.createElement("app-shell");
shell.storage = storage;
shell.lesson = lessons[0];
store.subscribe((snapshot) => {
  shell.snapshot = snapshot;
});

let session = startSession();
shell.addEventListener("reset-machine", () => void reset());
shell.addEventListener("terminal-prompt", () => performance.mark("page.prompt"), { once: true });
const shown = showShell();

/** The learner's colours come before the first paint: reading them takes a few milliseconds. */
async function showShell(): Promise<void> {
  const [theme, screenReader] = await Promise.all([storage.get("theme"), storage.get("screen-reader")]);
  shell.theme = theme ?? "auto";
  shell.screenReader = screenReader ?? false;
  document.body.append(shell);
}

function startSession(): Session {
  const worker = new Worker(new URL("./machine/machine.worker.ts", import.meta.url), { type: "module" });
  const started: Session = { machine: new RemoteMachine(worker), ending: new AbortController() };
  shell.status = initialBootStatus;
  shell.note = "";
  void start(started);
  return started;
}

/** Restores the machine, or boots it when it must, telling how far it is, and hands it to the page. */
async function start(started: Session): Promise<void> {
  const { machine, ending } = started;
  const teller = new StatusTeller((status) => {
    if (!ending.signal.aborted) shell.status = status;
  });
  machine.onProgress((progress) => teller.progress(progress));
  const began = performance.now();
  const bytes = { loaded: 0 };
  let verb = "Restored";
  try {
    await startMachine(machine, countBytes(fetchSource(new URL("machine/", document.baseURI)), bytes), {
      loading: (fraction) => teller.loading(fraction, bytes.loaded),
      note: (message) => {
        verb = "Booted";
        shell.note = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
      },
    });
    teller.ready(`${verb} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    if (!ending.signal.aborted) useMachine(started);
  } catch (error) {
    teller.failed(error instanceof Error ? error.message : String(error));
  }
}

/** The same source, with all its bytes counted. */
function countBytes(source: MachineSource, count: { loaded: number }): MachineSource {
  return {
    manifest: () => source.manifest(),
    read: (file, loaded) => {
      let before = 0;
      return source.read(file, (bytes) => {
        count.loaded += bytes - before;
        before = bytes;
        loaded(bytes);
      });
    },
  };
}

function useMachine({ machine, ending }: Session): void {
  const engine = new EngineClient(createPipeTransport(machine));
  shell.open = (target, handlers) => machine.open(target, handlers);
  shell.machine = { engine, run: (argv) => runInGuest(machine, argv) };
  void store.follow(engine, ending.signal);
  focusOnce();
}

let focused = false;

/** At load, once, and not when the learner is somewhere else already, or reads the page around this frame. */
function focusOnce(): void {
  const elsewhere = document.activeElement !== document.body || (window.top !== window && !document.hasFocus());
  if (!focused && !elsewhere) void shown.then(() => shell.focus());
  focused = true;
}

/** A fresh machine in place of this one. Lessons done stay done. */
async function reset(): Promise<void> {
  const old = session;
  old.ending.abort();
  shell.open = undefined;
  shell.machine = undefined;
  store.dispatch({ kind: "reset" });
  session = startSession();
  // A machine that does not stop is no reason to keep the next one waiting, and nobody can reach it any more.
  await old.machine.stop().catch(() => undefined);
}
