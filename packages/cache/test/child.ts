// What the tests run in processes of its own: `child.mjs <what> <folder> <more>`.
import { openCache } from "../src/index.js";

const [what, folder, more] = process.argv.slice(2) as [string, string, string];
const key = (i: number) => new TextEncoder().encode(`value ${i}`);
const entry = (i: number) => ({ shape: [64], data: Float32Array.from({ length: 64 }, (_, j) => i + j / 64) });
const batch = (first: number) => Array.from({ length: 50 }, (_, i) => [key(first + i), entry(first + i)] as const);

// A write beyond the limit of file sizes then fails as a full disk does, and does not end the process.
process.on("SIGXFSZ", () => {});
const cache = await openCache({ folder });
try {
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
  }
  await cache.close();
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exit(3);
}
