// The embedding cache in Redis beside the one on disk (LMDB), and beside a plain Python client of the same server.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCache, openRedisCache } from "@quaterion/cache";
import type { EmbeddingCache } from "@quaterion/core";
import { wholeNumber } from "../fit/cases.js";
import { PeerProcess } from "../peer-process.js";

const usage = `Usage: npm run bench -- cache --redis <url> [options]

Puts and gets embeddings: in Redis, in a folder (LMDB), and in the same Redis with redis-py, which hashes each text too and puts and gets by MSET and MGET of 1,024 keys,
or puts by pipelines of SET. Least milliseconds of the rounds, in which all are timed in turn; each deletes what it made.

  --redis <url>       default: the environment variable REDIS_URL
  --entries 100000    how many embeddings
  --dim 384           numbers in each
  --rounds 3

PYTHON names the Python that has redis and numpy (default: python3); without them ours run alone.`;

const { values: options } = parseArgs({
  options: {
    redis: { type: "string", default: process.env["REDIS_URL"] },
    entries: { type: "string", default: "100000" },
    dim: { type: "string", default: "384" },
    rounds: { type: "string", default: "3" },
    help: { type: "boolean", short: "h" },
  },
});

const rows = new Map<string, number>();
const note = (name: string, ms: number) => rows.set(name, Math.min(ms, rows.get(name) ?? Number.POSITIVE_INFINITY));

async function timed(name: string, action: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await action();
  note(name, performance.now() - start);
}

async function run(): Promise<void> {
  if (options.help) return console.log(usage);
  if (!options.redis) throw new Error("--redis must be the URL of a server such as redis://127.0.0.1:6379; received nothing.");
  const [count, dim, rounds] = (["entries", "dim", "rounds"] as const).map((name) => wholeNumber(name, options[name])) as [
    number,
    number,
    number,
  ];
  console.log(
    `${cpus()[0]!.model}, ${availableParallelism()} threads, Node ${process.version}; ${count} entries of ${dim} numbers, least of ${rounds} rounds`,
  );
  const key = (i: number) => new TextEncoder().encode(`text number ${i}`);
  const entries = Array.from({ length: count }, (_, i) => {
    const data = Float32Array.from({ length: dim }, (_, j) => Math.sin(i + j));
    return [key(i), { shape: [dim], data }] as const;
  });
  const keys = entries.map(([own]) => own);
  const folder = await mkdtemp(join(tmpdir(), "quaterion-bench-"));
  const prefix = `quaterion-bench-${process.pid}`;
  const peer = await startPeer({ url: options.redis, count, dim, prefix: `${prefix}-peer` });
  try {
    for (let round = 0; round < rounds; round++) {
      const caches: [string, EmbeddingCache][] = [
        ["LMDB", await openCache({ folder: join(folder, `${round}`) })],
        ["Redis", await openRedisCache(options.redis, { prefix })],
      ];
      for (const [name, cache] of caches) {
        await timed(`${name} put`, () => cache.putMany("bench", entries));
        await timed(`${name} get`, () => cache.getMany("bench", keys));
        await timed(`${name} claim`, () => cache.claim!("others", keys, 60_000));
        await timed(`${name} stats`, () => cache.stats());
        await timed(`${name} clear`, () => cache.clear());
        await cache.close();
      }
      const theirs = await peer?.ask<Record<string, number>>({});
      for (const [name, ms] of Object.entries(theirs ?? {})) note(`redis-py ${name}`, ms);
    }
  } finally {
    peer?.end();
    await rm(folder, { recursive: true, force: true });
  }
  for (const [name, ms] of rows) console.log(`${name.padEnd(22)} ${ms.toFixed(0).padStart(6)} ms`);
  const ratio = (a: string, b: string) => rows.has(b) && console.log(`${a} / ${b}: ${(rows.get(a)! / rows.get(b)!).toFixed(2)}`);
  for (const [a, b] of [
    ["Redis put", "LMDB put"],
    ["Redis get", "LMDB get"],
    ["Redis put", "redis-py MSET"],
    ["Redis put", "redis-py SET"],
    ["Redis get", "redis-py MGET"],
  ] as const)
    ratio(a, b);
}

async function startPeer(task: object): Promise<PeerProcess | undefined> {
  const peer = new PeerProcess(process.env["PYTHON"] ?? "python3", [join(process.env["QUATERION_BENCH"]!, "src", "peers", "cache.py")]);
  try {
    console.log(`redis-py ${(await peer.ask<{ ready: string }>(task)).ready}`);
    return peer;
  } catch (error) {
    peer.end();
    console.log(`redis-py left out: ${(error as Error).message.slice(0, 200)}`);
    return undefined;
  }
}

run().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
