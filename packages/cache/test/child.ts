// What the tests run in processes of its own: `child.mjs <what> <folder, or URL and prefix> <more>`.
import { setTimeout as sleep } from "node:timers/promises";
import { openCache, openRedisCache } from "../src/index.js";

const [what, place, more] = process.argv.slice(2) as [string, string, string];
const key = (i: number) => new TextEncoder().encode(`value ${i}`);
const entry = (i: number) => ({ shape: [64], data: Float32Array.from({ length: 64 }, (_, j) => i + j / 64) });
const batch = (first: number) => Array.from({ length: 50 }, (_, i) => [key(first + i), entry(first + i)] as const);

// A write beyond the limit of file sizes then fails as a full disk does, and does not end the process.
process.on("SIGXFSZ", () => {});
try {
  const [url, prefix] = place.split(" ");
  const cache = place.startsWith("redis") ? await openRedisCache(url!, { prefix: prefix! }) : await openCache({ folder: place });
  if (what === "fill") {
    // Tells the parent of each batch after it was stored.
    for (let done = 0; done < Number(more); done += 50) {
      await cache.putMany("model", batch(done));
      process.stdout.write(`${done + 50}\n`);
    }
  } else if (what === "claim") {
    const keys = Array.from({ length: 300 }, (_, i) => key(i));
    for (;;) {
      const mine = await cache.claim!("model", keys, 60_000);
      if (mine.length === 0) break;
      await cache.putMany(
        "claimed",
        mine.map((name) => [name, entry(Number(more))] as const),
      );
      process.stdout.write(`${mine.length}\n`);
    }
  } else if (what === "share") {
    // Takes a few of what is missing at a time, tells of each before it is stored, until nothing is missing.
    const keys = Array.from({ length: 400 }, (_, i) => key(i));
    for (;;) {
      const found = await cache.getMany("model", keys);
      const missing = keys.filter((_, i) => found[i] === undefined);
      if (missing.length === 0) break;
      const from = Math.floor(Math.random() * missing.length);
      const mine = await cache.claim!("model", missing.slice(from, from + 20), Number(more));
      for (const name of mine) {
        const i = Number(new TextDecoder().decode(name).slice(6));
        process.stdout.write(`${i}\n`);
        await cache.putMany("model", [[name, entry(i)]]);
      }
      if (mine.length === 0) await sleep(10);
    }
  } else if (what === "hold") {
    const mine = await cache.claim!(
      "model",
      Array.from({ length: 100 }, (_, i) => key(i)),
      Number(more),
    );
    process.stdout.write(`${mine.length}\n`);
    setInterval(() => {}, 1000);
    await new Promise(() => {});
  } else if (what === "leave") {
    await cache.putMany("model", batch(0));
    process.stdout.write(`${(await cache.stats()).entries}\n`);
  }
  if (what !== "leave") await cache.close();
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exit(3);
}
