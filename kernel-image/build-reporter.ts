import type { Stage, StageReport } from "./stage.ts";

export interface RunningStage {
  readonly report: StageReport;
  done(): void;
  failed(): void;
}

/** Told what the build does. */
export interface BuildReporter {
  start(stage: Pick<Stage, "name" | "title">): RunningStage;
}

/** The part of a stream that is used. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const CLEAR_LINE = "\r\x1b[2K";
/** Where lines cannot be rewritten, a slow stage says now and then that it is alive. Milliseconds. */
const PLAIN_INTERVAL = 5000;

/** One line a stage: what, how far, how long. A terminal sees the line move, a log sees few lines. */
export function textReporter(output: Output = process.stderr, now: () => number = Date.now): BuildReporter {
  return {
    start({ name, title }) {
      const started = now();
      let lastPlain = started;
      const seconds = (): string => `${((now() - started) / 1000).toFixed(1)} s`;
      const show = (text: string): void => void output.write(output.isTTY ? `${CLEAR_LINE}${text}` : `${text}\n`);
      show(`• ${name}: ${title} …`);
      return {
        report(message, fraction) {
          if (!output.isTTY && now() - lastPlain < PLAIN_INTERVAL) return;
          lastPlain = now();
          const share = fraction === undefined ? "" : ` ${Math.round(fraction * 100)} %`;
          show(`• ${name}: ${message}${share}, ${seconds()}`);
        },
        done: () => void output.write(`${output.isTTY ? CLEAR_LINE : ""}• ${name}: ${title}, ${seconds()}\n`),
        failed: () => void output.write(`${output.isTTY ? CLEAR_LINE : ""}• ${name}: failed after ${seconds()}\n`),
      };
    },
  };
}

export const silentReporter: BuildReporter = {
  start: () => ({ report: () => undefined, done: () => undefined, failed: () => undefined }),
};
