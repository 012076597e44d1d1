import { dotsChunk, productsChunk } from "./kernel.js";

const { fround } = Math;

const dot = (x: number, y: number) => fround(x * y);
const squaredDifference = (x: number, y: number) => {
  const difference = fround(x - y);
  return fround(difference * difference);
};

/**
 * Inner products or squared distances of all rows in plain JavaScript, bit for bit what the kernel computes: four partial sums in float32,
 * added up as (0 + 1) + (2 + 3), chunk by chunk.
 */
export function plainRowPairs(kind: "dots" | "distances", a: Float32Array, b: Float32Array, dim: number, out: Float32Array): void {
  const term = kind === "dots" ? dot : squaredDifference;
  const rows = a.length / dim;
  const columns = b.length / dim;
  out.fill(0, 0, rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let total = 0;
      for (let start = 0; start < dim; start += dotsChunk) {
        const end = Math.min(dim, start + dotsChunk);
        let s0 = 0;
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        let p = i * dim + start;
        let q = j * dim + start;
        const whole = i * dim + start + ((end - start) & ~3);
        for (; p < whole; p += 4, q += 4) {
          s0 = fround(s0 + term(a[p]!, b[q]!));
          s1 = fround(s1 + term(a[p + 1]!, b[q + 1]!));
          s2 = fround(s2 + term(a[p + 2]!, b[q + 2]!));
          s3 = fround(s3 + term(a[p + 3]!, b[q + 3]!));
        }
        const left = i * dim + end - p;
        if (left > 0) s0 = fround(s0 + term(a[p]!, b[q]!));
        if (left > 1) s1 = fround(s1 + term(a[p + 1]!, b[q + 1]!));
        if (left > 2) s2 = fround(s2 + term(a[p + 2]!, b[q + 2]!));
        total = fround(total + fround(fround(s0 + s1) + fround(s2 + s3)));
      }
      out[i * columns + j] = total;
    }
  }
}

/**
 * A · B in plain JavaScript, bit for bit what the kernel computes: float32 sums, chunk by chunk.
 * @param transposed A is stored as `[inner, rows]`
 */
export function plainProducts(a: Float32Array, b: Float32Array, inner: number, transposed: boolean, out: Float32Array): void {
  const rows = a.length / inner;
  const columns = b.length / inner;
  const rowStep = transposed ? 1 : inner;
  const innerStep = transposed ? rows : 1;
  const sums = new Float32Array(columns);
  out.fill(0, 0, rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let start = 0; start < inner; start += productsChunk) {
      sums.fill(0);
      for (let k = start; k < Math.min(inner, start + productsChunk); k++) {
        const x = a[i * rowStep + k * innerStep]!;
        for (let j = 0; j < columns; j++) sums[j] = sums[j]! + fround(x * b[k * columns + j]!);
      }
      for (let j = 0; j < columns; j++) out[i * columns + j] = out[i * columns + j]! + sums[j]!;
    }
  }
}
