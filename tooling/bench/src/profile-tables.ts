import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: readonly Record<string, readonly number[]>[] };
}

/** Rows of a table: what is left out takes little. */
const rows = 24;

/** Prints where the time of the largest graph of a profile's folder went, by kind of node, by kind and shapes, and by node, as ONNX Runtime tells it; of one run of several. */
export function printProfile(title: string, folder: string, runs: number, stepMs: number): void {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const graphs = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as NodeEvent[]);
  const events = graphs
    .reduce((a, b) => (b.length > a.length ? b : a))
    .filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
  const total = events.reduce((sum, { dur }) => sum + dur, 0) / runs / 1000;
  console.log(`\n${title}\n  a step takes ${stepMs.toFixed(2)} ms, its nodes ${total.toFixed(2)} ms`);
  table("kind of node", events, runs, ({ args }) => args?.op_name ?? "?");
  table("kind and shapes", events, runs, ({ args }) => `${args?.op_name} ${shapes(args?.input_type_shape)}`);
  table("node", events, runs, ({ args, name }) => `${args?.op_name} ${shapes(args?.input_type_shape)} ${name.replace("_kernel_time", "")}`);
}

function shapes(inputs: readonly Record<string, readonly number[]>[] = []): string {
  return inputs.map((input) => `[${Object.values(input)[0]}]`).join(" ");
}

function table(title: string, events: readonly NodeEvent[], runs: number, key: (event: NodeEvent) => string): void {
  const sums = new Map<string, { ms: number; count: number }>();
  for (const event of events) {
    const sum = sums.get(key(event)) ?? { ms: 0, count: 0 };
    sums.set(key(event), { ms: sum.ms + event.dur / runs / 1000, count: sum.count + 1 / runs });
  }
  console.log(`     ms a step   count   ${title}`);
  for (const [name, { ms, count }] of [...sums].sort((a, b) => b[1].ms - a[1].ms).slice(0, rows))
    console.log(`  ${ms.toFixed(3).padStart(10)} ${count.toFixed(0).padStart(7)}   ${name.slice(0, 150)}`);
}
