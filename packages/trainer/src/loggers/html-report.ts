import { arch, cpus, platform, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { makeFolder, writeFileAtomic } from "@quaterion/core/node";
import type { FitEvent, FitLogger } from "../events.js";
import type { FitReport, HistoryStep } from "../report.js";
import { curve } from "./curve.js";
import { escaped } from "./escaped.js";
import { written } from "./written.js";

type Start = Extract<FitEvent, { kind: "start" }>;

/**
 * A logger that writes a run's report as one HTML file, which needs no network: curves, what came out, a table of the label spaces with what `evaluate` says of
 * each (numbers named `<space>/<metric>`), what the run was asked for, where it ran, and the command. Written anew at each checkpoint and look at held-out
 * data, so that a run that is stopped has one too.
 * @throws {StorageError} (the logger) when the file can't be written
 */
export function htmlReport(path: string): FitLogger {
  let start: Start;
  const history: HistoryStep[] = [];
  return async (event) => {
    if (event.kind === "start") {
      start = event;
      history.splice(0, history.length, ...event.history);
      await written(path, () => makeFolder(dirname(path)));
    }
    if (event.kind === "step") {
      const { kind: _, ...entry } = event;
      history.push(entry);
    }
    if (event.kind === "checkpoint" || event.kind === "validation" || event.kind === "end")
      await writeFileAtomic(path, page(start, history, event.kind === "end" ? event.report : undefined));
  };
}

function page(start: Start, history: readonly HistoryStep[], report: FitReport | undefined): string {
  const done = history.at(-1)?.step ?? 0;
  const looks = history.filter(({ validationLoss, metrics }) => validationLoss !== undefined || metrics);
  const metrics = [...new Set(looks.flatMap((entry) => Object.keys(entry.metrics ?? {})))];
  const points = (of: (entry: HistoryStep) => number | undefined) =>
    history.flatMap((entry) => {
      const value = of(entry);
      return value === undefined ? [] : [[entry.step, value] as const];
    });
  const curves = [
    curve("Loss", { training: points(({ loss }) => loss), validation: points(({ validationLoss }) => validationLoss) }),
    ...metrics.map((name) => curve(name, { [name]: points((entry) => entry.metrics?.[name]) })),
    curve("Learning rate", { rate: points(({ learningRate }) => learningRate) }),
    curve("Length of the gradient", { length: points(({ gradientNorm }) => gradientNorm) }),
  ];
  const outcome = {
    steps: `${done} of ${start.steps}`,
    ...(report
      ? { ended: report.endedBy, "seconds of training": report.seconds.training.toFixed(1), "ms a step": report.stepMs?.toFixed(2) ?? "" }
      : { ended: "not yet" }),
    "first loss": history[0]?.loss.toPrecision(5) ?? "",
    "last loss": history.at(-1)?.loss.toPrecision(5) ?? "",
    ...(report?.best && { best: `${report.best.metric} ${report.best.value.toPrecision(5)} at step ${report.bestStep}` }),
    engine: `${start.engine}: ${start.engineReason}`,
    ...(start.resumedFrom > 0 && { "went on from step": String(start.resumedFrom) }),
  };
  const environment = {
    node: process.version,
    machine: `${platform()} ${release()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? "processor"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    "peak memory": `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
    written: new Date().toISOString(),
    command: [process.argv0, ...process.execArgv, ...process.argv.slice(1)].join(" "),
    folder: process.cwd(),
  };
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Training report</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:0 0 1.5rem}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
figure{display:inline-block;margin:0 1rem 1rem 0}figcaption{font-weight:600}svg text{font:11px system-ui,sans-serif;fill:#555}
</style></head><body><h1>Training report</h1>
${table(outcome)}
<h2>Curves</h2>${curves.join("\n")}
<h2>Label spaces</h2>${spacesTable(start, looks.findLast((entry) => entry.metrics)?.metrics ?? {})}
<h2>Asked for</h2>${table(mapValues(start.run, (value) => (typeof value === "string" ? value : JSON.stringify(value))))}
<h2>Environment</h2>${table(environment)}
</body></html>
`;
}

function table(rows: Readonly<Record<string, string>>): string {
  return `<table>${Object.entries(rows)
    .map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`)
    .join("")}</table>`;
}

function spacesTable({ spaces }: Start, metrics: Readonly<Record<string, number>>): string {
  const of = (space: string) =>
    Object.entries(metrics).flatMap(([name, value]) =>
      name.startsWith(`${space}/`) ? [[name.slice(space.length + 1), value] as const] : [],
    );
  const columns = [...new Set(spaces.flatMap(({ name }) => of(name).map(([metric]) => metric)))];
  const row = (cells: readonly string[], kind: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${kind}>${escaped(cell)}</${kind}>`).join("")}</tr>`;
  const lines = spaces.map(({ name, labels, samples }) => {
    const own = new Map(of(name));
    return row([name, String(samples), String(labels), ...columns.map((metric) => own.get(metric)?.toPrecision(4) ?? "")], "td");
  });
  return `<table>${row(["space", "samples", "labels", ...columns], "th")}${lines.join("")}</table>`;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));
}
