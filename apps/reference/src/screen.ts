import { styleText } from "node:util";
import type { OnProgress, Progress } from "@quaterion/core";
import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";

/** What the app prints, in one place: headings, lines, tables, and a bar for what takes longer than two seconds. */
export interface Screen {
  heading(text: string): void;
  line(text?: string): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Runs work that reports its progress; a bar (on a terminal) or a line every five seconds shows it after two. */
  work<T>(title: string, run: (onProgress: OnProgress) => Promise<T>): Promise<T>;
}

const patienceMs = 2000;
const lineEveryMs = 5000;

/** The terminal as a screen. */
export function terminal(out: NodeJS.WriteStream = process.stdout): Screen {
  const line = (text = "") => void out.write(`${text}\n`);
  return {
    line,
    heading: (text) => line(`\n${out.isTTY ? styleText("bold", text) : text}`),
    table(head, rows) {
      const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
      for (const row of rows) table.push([...row]);
      line(table.toString());
    },
    async work(title, run) {
      const started = Date.now();
      const shown = out.isTTY ? progressBar(title, started) : progressLines(title, started, line);
      try {
        return await run(shown.update);
      } finally {
        shown.stop();
      }
    },
  };
}

function progressBar(title: string, started: number) {
  let bar: SingleBar | undefined;
  return {
    update(progress: Progress) {
      const { done, total = 0, unit } = progress;
      const note = remarks(progress, started);
      if (Date.now() - started < patienceMs) return;
      if (!bar) {
        bar = new SingleBar(
          {
            format: `  ${title} {bar} {value}/{total} {unit}{note}`,
            hideCursor: true,
            clearOnComplete: true,
            barsize: 24,
          },
          Presets.shades_classic,
        );
        bar.start(total, done, { unit, note });
      }
      bar.setTotal(total);
      bar.update(done, { unit, note });
    },
    stop: () => bar?.stop(),
  };
}

function progressLines(title: string, started: number, line: (text: string) => void) {
  let last = started;
  return {
    update(progress: Progress) {
      const now = Date.now();
      if (now - last < lineEveryMs) return;
      last = now;
      const count = `${progress.done}${progress.total ? ` of ${progress.total}` : ""} ${progress.unit}`;
      line(`  ${title}: ${count}${remarks(progress, started)}`);
    },
    stop() {},
  };
}

/** What is beside the count: the time left, unless the work says it itself, and the work's own note. */
function remarks({ done, total, note }: Progress, started: number): string {
  const seconds = total && done > 0 ? (((Date.now() - started) / done) * (total - done)) / 1000 : undefined;
  const left = seconds === undefined || note?.includes(" left") ? "" : `, ${seconds.toFixed(0)} s left`;
  return `${left}${note ? `, ${note}` : ""}`;
}

/** 0.8431 as "84.3 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** An accuracy with its 95 % interval: "84.3 (80.1–87.8)". */
export function interval({ value, low, high }: { value: number; low: number; high: number }): string {
  const points = (share: number) => (share * 100).toFixed(1);
  return `${points(value)} (${points(low)}–${points(high)})`;
}
