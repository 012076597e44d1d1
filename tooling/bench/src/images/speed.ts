import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "@quaterion/core";
import type { OnnxImageEncoder } from "@quaterion/encoders";
import sharp from "sharp";
import { PeerProcess } from "../peer-process.js";

export interface SpeedCase {
  readonly model: string;
  readonly folder: string;
  readonly count: number;
  readonly threads: number;
  readonly size: number;
  readonly mean: number;
  readonly std: number;
}

const rounds = 3;
const batch = 16;

/** Encodes the same JPEG files on both sides in turn, and prints the best of three rounds of each. */
export async function compareSpeed(encoder: OnnxImageEncoder, { folder, count, ...peer }: SpeedCase): Promise<void> {
  const files: string[] = [];
  for (let i = 0; i < count; i++) files.push(await writePhoto(join(folder, `${i}.jpg`), 500, 375, new Random(i)));
  const python = new PeerProcess(process.env["PYTHON"] ?? "python3", [join(process.env["QUATERION_BENCH"]!, "src", "peers", "images.py")]);
  const best = { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY };
  try {
    await encoder.encode(files.slice(0, batch));
    let theirs: { ms: number; vectors: number[][]; versions: string } | undefined;
    let vectors = new Float32Array(0);
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      vectors = (await encoder.encode(files)) as Float32Array<ArrayBuffer>;
      best.ours = Math.min(best.ours, performance.now() - start);
      theirs = await python.ask<{ ms: number; vectors: number[][]; versions: string }>({ ...peer, batch, files }).catch((error: Error) => {
        console.log(`Python is left out: ${error.message}`);
        return undefined;
      });
      if (theirs === undefined) break;
      best.theirs = Math.min(best.theirs, theirs.ms);
    }
    const rate = (ms: number) => ((1000 * count) / ms).toFixed(0);
    console.log(`ours: ${rate(best.ours)} images a second, ${encoder.stats.decoded} decoded`);
    if (theirs === undefined) return;
    console.log(`Python (${theirs.versions}): ${rate(best.theirs)}; ours / theirs in time: ${(best.ours / best.theirs).toFixed(2)}`);
    const cosines = theirs.vectors.map((vector, i) => cosine(vector, vectors.subarray(i * encoder.dim, (i + 1) * encoder.dim)));
    console.log(`cosine of the two sides' vectors: ${Math.min(...cosines).toFixed(7)} at least`);
  } finally {
    python.end();
  }
}

/** A picture with light, shapes and grain, about as large a JPEG as a photo of its size. */
async function writePhoto(file: string, width: number, height: number, random: Random): Promise<string> {
  const number = (below: number) => Math.floor(random.uniform() * below);
  const shapes = Array.from({ length: 30 }, () => {
    const color = `rgb(${number(256)},${number(256)},${number(256)})`;
    return number(2) === 0
      ? `<circle cx="${number(width)}" cy="${number(height)}" r="${number(90)}" fill="${color}" opacity="0.8"/>`
      : `<rect x="${number(width)}" y="${number(height)}" width="${number(200)}" height="${number(90)}" fill="${color}"/>`;
  });
  const grain = Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => 96 + number(64)));
  const drawn = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join("")}</svg>`);
  const picture = await sharp(grain, { raw: { width, height, channels: 3 } })
    .composite([{ input: drawn }])
    .jpeg({ quality: 90 })
    .toBuffer();
  await writeFile(file, picture);
  return file;
}

function cosine(a: readonly number[], b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    dot += x * b[i]!;
    aa += x * x;
    bb += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(aa * bb);
}
