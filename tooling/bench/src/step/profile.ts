import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeerProcess } from "../peer-process.js";
import { writeArrays } from "./arrays.js";
import type { Case } from "./cases.js";

interface NodeEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: readonly Record<string, readonly number[]>[] };
}

/** Prints where the time of a case's step goes, by kind of node and by node, as ONNX Runtime tells it. */
export async function profileCase(one: Case, worker: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quaterion-profile-"));
  try {
    writeArrays(folder, one);
    const peer = new PeerProcess(process.execPath, [worker, "onnxruntime", folder], { QUATERION_PROFILE: folder });
    const steps = 20;
    await peer.ask({ command: "prepare", case: one.name });
    const { times } = await peer.ask<{ times: number[] }>({ command: "steps", count: steps });
    await peer.ask({ command: "profile" });
    peer.end();
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    const graphs = files.map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as NodeEvent[]);
    const events = graphs
      .reduce((a, b) => (b.length > a.length ? b : a))
      .filter(({ cat, name }) => cat === "Node" && name.endsWith("_kernel_time"));
    const runs = steps + 3;
    const average = times.reduce((a, b) => a + b, 0) / times.length;
    const total = events.reduce((sum, { dur }) => sum + dur, 0) / runs / 1000;
    console.log(`\n(${one.name}) ${one.title}\n  a step takes ${average.toFixed(2)} ms, its nodes ${total.toFixed(2)} ms`);
    table("kind of node", events, runs, ({ args }) => args?.op_name ?? "?");
    table(
      "node",
      events,
      runs,
      ({ args, name }) => `${args?.op_name} ${shapes(args?.input_type_shape)} ${name.replace("_kernel_time", "")}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  for (const [name, { ms, count }] of [...sums].sort((a, b) => b[1].ms - a[1].ms).slice(0, 16))
    console.log(`  ${ms.toFixed(3).padStart(10)} ${count.toFixed(0).padStart(7)}   ${name.slice(0, 150)}`);
}
