/** One measured figure: its unit and every sample, and the ways they are shown. */

export type Unit = "ms" | "kB" | "MB" | "MB/s" | "%" | "ratio" | "count";

export interface Figure {
  readonly unit: Unit;
  readonly samples: readonly number[];
}

export interface Summary {
  readonly unit: Unit;
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
}

/** What a figure could not be measured for; shown in its place. */
export interface Missing {
  readonly missing: string;
}

export type Figures = Map<string, Figure | Missing>;

/** Nearest rank: the smallest sample that at least `share` of all samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("no samples");
  return value;
}

export function summarise({ unit, samples }: Figure): Summary {
  return {
    unit,
    n: samples.length,
    min: Math.min(...samples),
    p50: percentile(samples, 0.5),
    p95: percentile(samples, 0.95),
  };
}

/** What the project promises: a figure, or the ratio of two medians, and its bounds. */
export interface Target {
  readonly name: string;
  readonly of: keyof Pick<Summary, "p50" | "p95">;
  readonly per?: string;
  readonly must: number;
  readonly aim: number;
  /** True where more is better. */
  readonly atLeast?: boolean;
}

export const TARGETS: readonly Target[] = [
  { name: "page.prompt.cold", of: "p50", must: 1800, aim: 1000 },
  { name: "page.transfer", of: "p50", must: 12, aim: 8 },
  { name: "run.docker", of: "p50", per: "run.crun", must: 0.8, aim: 0.4 },
  { name: "run.docker.first", of: "p50", must: 1200, aim: 400 },
  { name: "exec.docker", of: "p50", per: "run.crun", must: 0.4, aim: 0.15 },
  { name: "ps.docker", of: "p50", per: "fork.floor", must: 6, aim: 3 },
  { name: "ps.docker.50", of: "p50", per: "fork.floor.50", must: 12, aim: 12 },
  { name: "ps.docker.first", of: "p50", must: 400, aim: 60 },
  { name: "run.scale", of: "p50", must: 1.5, aim: 1.1 },
  { name: "logs.docker", of: "p50", must: 1, aim: 1, atLeast: true },
  { name: "containers.alive", of: "p50", must: 100, aim: 100, atLeast: true },
  { name: "container.memory", of: "p50", must: 600, aim: 600 },
  { name: "engine.rss", of: "p50", must: 24, aim: 12 },
  { name: "engine.idle", of: "p50", must: 2, aim: 0.5 },
  { name: "term.throughput", of: "p50", must: 0.8, aim: 2, atLeast: true },
  { name: "term.echo", of: "p95", must: 60, aim: 25 },
];

export function printTable(figures: Figures): void {
  const row = (cells: readonly string[]) =>
    console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(10))).join(""));
  row(["figure", "unit", "n", "min", "p50", "p95"]);
  for (const [name, figure] of figures) {
    if ("missing" in figure) {
      console.log(`${name.padEnd(20)}  ${figure.missing}`);
      continue;
    }
    const { unit, n, min, p50, p95 } = summarise(figure);
    row([name, unit, String(n), ...[min, p50, p95].map(formatNumber)]);
  }
  console.log();
  for (const target of TARGETS) console.log(describeTarget(target, figures));
}

function describeTarget(target: Target, figures: Figures): string {
  const { name, of, per, must, aim, atLeast = false } = target;
  const title = `${per === undefined ? name : `${name} / ${per}`} ${of}`.padEnd(34);
  const value = read(figures, name, of);
  const base = per === undefined ? 1 : read(figures, per, of);
  if (value === undefined || base === undefined) return `${title} not measured`;
  const result = value / base;
  const holds = (bound: number) => (atLeast ? result >= bound : result <= bound);
  const verdict = holds(aim) ? "aim" : holds(must) ? "must" : "MISSED";
  const sign = atLeast ? "≥" : "≤";
  return `${title}${formatNumber(result).padStart(9)}   must ${sign} ${must}, aim ${sign} ${aim}   ${verdict}`;
}

function read(figures: Figures, name: string, of: "p50" | "p95"): number | undefined {
  const figure = figures.get(name);
  return figure === undefined || "missing" in figure ? undefined : summarise(figure)[of];
}

function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The shape `--json` prints: a figure that could not be measured is left out of it. */
export function toJson(figures: Figures): Record<string, Summary> {
  const entries = [...figures].flatMap(([name, figure]) =>
    "missing" in figure ? [] : [[name, summarise(figure)] as const],
  );
  return Object.fromEntries(entries);
}
