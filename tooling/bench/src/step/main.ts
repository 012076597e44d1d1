// Times one step of training on every engine that is here, side by side on the same numbers.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { PeerProcess } from "../peer-process.js";
import { writeArrays } from "./arrays.js";
import { type Case, cases, transformerSize } from "./cases.js";
import { growth } from "./growth.js";
import { profileCase } from "./profile.js";
import { median, type Row, report } from "./report.js";

const usage = `Usage: npm run bench -- step [options]

Times a training step on this package's backend, PyTorch, and TensorFlow.js's own backends, in turn, on the same data and weights.

  --cases a,b,c,d,e   which (default: all)
${cases.map(({ name, title }) => `      ${name}: ${title}`).join("\n")}
  --engines ...       out of onnxruntime, pytorch, wasm, cpu, tfjs-node (default: all that are here)
  --rounds 12         rounds; in each, every engine does a few steps
  --profile           where the time of our own step goes, by node, instead
  --growth            instead: our step as the batch grows to 16,384 rows and the vectors to 1,024 numbers
  --json <file>       rows with name, oursMs, vsPyTorch, vsTfjsNode, vsFloor, peakMiB

PYTHON names the Python that has torch (default: python3), TFJS_NODE a folder where @tensorflow/tfjs-node is installed (default: here). TensorFlow.js's cpu and wasm are left out of the cases that take them minutes.`;

const { values: options } = parseArgs({
  options: {
    cases: { type: "string", default: cases.map(({ name }) => name).join() },
    engines: { type: "string", default: "onnxruntime,pytorch,wasm,cpu,tfjs-node" },
    rounds: { type: "string", default: "12" },
    json: { type: "string" },
    profile: { type: "boolean" },
    growth: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});

const worker = join(dirname(process.argv[1]!), "worker.cjs");

interface Peer {
  readonly process: PeerProcess;
  readonly times: number[];
  readonly products: number[];
  readonly recordMs: number[];
  readonly firstMs: number;
  readonly compileMs?: number;
  peakMiB: number;
}

interface Timed {
  times: number[];
  recordMs?: number[];
  peakMiB?: number;
  nodes?: number;
}

/** Some libraries' threads spin on after their work, and would take the next engine's cores. */
const rest = () => setTimeout(250);

/** Engines written in JavaScript take minutes a step for the larger cases. */
const slow = (engine: string, { name }: Case) => (engine === "cpu" && name !== "a") || (engine === "wasm" && !"ab".includes(name));

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  const wanted = options.cases.split(",").map((name) => {
    const found = cases.find((one) => one.name === name);
    if (!found) throw new Error(`--cases: there is no case "${name}"; expected some of ${cases.map((one) => one.name).join(", ")}.`);
    return found;
  });
  if (options.profile) {
    for (const one of wanted) await profileCase(one, worker);
    return;
  }
  if (options.growth) {
    const points = await growth(worker);
    if (options.json) writeFileSync(options.json, JSON.stringify(points, null, 2));
    return;
  }
  const rounds = Number(options.rounds);
  if (!(rounds >= 1)) throw new Error(`--rounds must be a number from 1; received ${options.rounds}.`);
  const folder = mkdtempSync(join(tmpdir(), "quaterion-bench-"));
  writeFileSync(join(folder, "cases.json"), JSON.stringify({ cases, size: transformerSize }));
  console.log(`${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}`);
  const rows: Row[] = [];
  try {
    for (const one of wanted) rows.push(await timeCase(one, folder, rounds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report(rows);
  if (options.json) writeFileSync(options.json, JSON.stringify(rows, null, 2));
}

function start(engine: string, folder: string): PeerProcess {
  const source = join(process.env["QUATERION_BENCH"]!, "src", "peers", "step.py");
  if (engine === "pytorch") {
    return new PeerProcess(process.env["PYTHON"] ?? "python3", [
      source,
      join(folder, "cases.json"),
      folder,
      String(availableParallelism()),
    ]);
  }
  return new PeerProcess(process.execPath, [worker, engine, folder]);
}

async function timeCase(one: Case, folder: string, rounds: number): Promise<Row> {
  console.log(`\n(${one.name}) ${one.title}`);
  writeArrays(folder, one);
  const peers = new Map<string, Peer>();
  try {
    return await timePeers(one, folder, rounds, peers);
  } finally {
    for (const { process } of peers.values()) process.end();
  }
}

async function timePeers(one: Case, folder: string, rounds: number, peers: Map<string, Peer>): Promise<Row> {
  let expected: number[] | undefined;
  for (const engine of options.engines.split(",")) {
    if (slow(engine, one)) continue;
    const process = start(engine, folder);
    try {
      if (engine === "pytorch") await process.answer();
      const { losses, firstMs, compileMs } = await process.ask<{ losses: number[]; firstMs: number; compileMs?: number }>({
        command: "prepare",
        case: one.name,
      });
      expected ??= losses;
      if (losses.some((loss, i) => Math.abs(loss - expected![i]!) > 2e-4 * Math.abs(expected![i]!)))
        throw new Error(`its losses are ${losses}, the first engine's ${expected}: not the same work`);
      peers.set(engine, { process, times: [], products: [], recordMs: [], firstMs, compileMs, peakMiB: 0 });
    } catch (error) {
      process.end();
      console.log(`  ${engine}: left out (${(error as Error).message.split("\n")[0]})`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [engine, peer] of peers) {
      const isSlow = engine === "cpu" || engine === "wasm";
      if (isSlow && round >= 3) continue;
      await rest();
      const { times, recordMs = [], peakMiB } = await peer.process.ask<Timed>({ command: "steps", count: isSlow ? 1 : 5 });
      peer.times.push(...(isSlow ? times : times.slice(1)));
      peer.recordMs.push(...recordMs.slice(1));
      peer.peakMiB = peakMiB ?? 0;
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const engine of ["onnxruntime", "pytorch"]) {
      const peer = peers.get(engine);
      if (!peer) continue;
      await rest();
      peer.products.push(...(await peer.process.ask<Timed>({ command: "products", case: one.name, count: 4 })).times.slice(1));
    }
  }
  const gflop = one.products.reduce((sum, { batch, m, k, n }) => sum + 2 * batch * m * k * n, 0) / 1e9;
  const row: Row = { name: one.name, title: one.title, gflop, engines: {} };
  for (const [engine, { times, products, recordMs, firstMs, compileMs, peakMiB }] of peers) {
    row.engines[engine] = {
      medianMs: median(times),
      minMs: Math.min(...times),
      productsMs: products.length > 0 ? median(products) : undefined,
      minProductsMs: products.length > 0 ? Math.min(...products) : undefined,
      recordMs: recordMs.length > 0 ? median(recordMs) : undefined,
      firstMs,
      compileMs,
      peakMiB,
    };
  }
  report([row]);
  return row;
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
