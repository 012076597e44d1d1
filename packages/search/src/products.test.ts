import { readFileSync } from "node:fs";
import { Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import wabt from "wabt";
import { innerProducts } from "./inner-products.js";
import { loadKernel } from "./kernel.js";
import { kernelBase64 } from "./kernel-bytes.js";
import { matrixProduct, transposedProduct } from "./matrix-product.js";
import { plainProducts, plainRowPairs } from "./plain-products.js";
import { squaredDistances } from "./squared-distances.js";

function randomMatrix(rows: number, columns: number, seed: string): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * columns }, () => random.normal());
}

/** Row-major transpose of `[rows, columns]`. */
function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: matrix.length }, (_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** A · Bᵀ, or another sum over pairs of rows, by definition, in float64. */
function naive(a: Float32Array, b: Float32Array, dim: number, term = (x: number, y: number) => x * y): number[] {
  const result: number[] = [];
  for (let i = 0; i < a.length; i += dim) {
    for (let j = 0; j < b.length; j += dim) {
      let sum = 0;
      for (let k = 0; k < dim; k++) sum += term(a[i + k]!, b[j + k]!);
      result.push(sum);
    }
  }
  return result;
}

function largestError(result: Float32Array, expected: readonly number[]): number {
  expect(result.length).toBe(expected.length);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - result[i]!)), 0);
}

// Sizes around every edge: tiles of 4 and 8, blocks of 168, 256 and 512, chunks of 256 and 1024.
const shapes: [number, number, number][] = [
  [1, 1, 1],
  [1, 9, 3],
  [3, 5, 4],
  [4, 8, 7],
  [5, 2, 384],
  [7, 171, 384],
  [2, 67, 1030],
  [261, 66, 1024],
  [515, 7, 33],
  [6, 515, 5],
  [13, 270, 515],
  [3, 4, 2051],
];

describe("matrix products", () => {
  it.each(shapes)("%i × %i rows of %i numbers: equal the float64 sums, and the plain loops bit for bit", (rows, columns, inner) => {
    const a = randomMatrix(rows, inner, "a");
    const b = randomMatrix(columns, inner, "b");
    const expected = naive(a, b, inner);
    const tolerance = 1e-6 * inner ** 0.5 * 8;
    const plain = new Float32Array(rows * columns);

    const dots = innerProducts(a, b, inner);
    expect(largestError(dots, expected)).toBeLessThan(tolerance);
    plainRowPairs("dots", a, b, inner, plain);
    expect(dots).toEqual(plain);

    const distances = squaredDistances(a, b, inner);
    expect(
      largestError(
        distances,
        naive(a, b, inner, (x, y) => (x - y) ** 2),
      ),
    ).toBeLessThan(tolerance * 4);
    plainRowPairs("distances", a, b, inner, plain);
    expect(distances).toEqual(plain);

    const bT = transpose(b, columns, inner);
    const product = matrixProduct(a, bT, inner);
    expect(largestError(product, expected)).toBeLessThan(tolerance);
    plainProducts(a, bT, inner, false, plain);
    expect(product).toEqual(plain);

    const outer = transposedProduct(transpose(a, rows, inner), bT, inner);
    expect(outer).toEqual(product);
    plainProducts(transpose(a, rows, inner), bT, inner, true, plain);
    expect(outer).toEqual(plain);
  });

  it("are exact on tenths that float32 can hold", () => {
    const matrix = (size: number) => fc.array(fc.integer({ min: -40, max: 40 }), { minLength: size, maxLength: size });
    const shape = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 }));
    const example = shape.chain(([rows, columns, dim]) => fc.tuple(matrix(rows * dim), matrix(columns * dim), fc.constant(dim)));
    fc.assert(
      fc.property(example, ([a, b, dim]) => {
        // Quarters, so that float32 holds every product and sum.
        const left = Float32Array.from(a, (v) => v / 4);
        const right = Float32Array.from(b, (v) => v / 4);
        expect([...innerProducts(left, right, dim)]).toEqual(naive(left, right, dim).map((v) => v + 0));
      }),
    );
  });

  it("gives a row the same bits whatever rows stand beside it, and however many queries there are", () => {
    const a = randomMatrix(301, 50, "queries");
    const b = randomMatrix(777, 50, "gallery");
    const together = innerProducts(a, b, 50);
    for (const i of [0, 1, 299, 300]) {
      const alone = innerProducts(a.subarray(i * 50, (i + 1) * 50), b, 50);
      expect(alone).toEqual(together.subarray(i * 777, (i + 1) * 777));
    }
    expect(innerProducts(b, a, 50)[5 * 301 + 7]).toBe(together[7 * 777 + 5]);
  });

  it("keeps small distances between long vectors", () => {
    // 1000.25 − 1000 = 0.25 in each of 8 places: 8 · 0.0625 = 0.5; ‖a‖² + ‖b‖² − 2 a·b would be off by about 1 in float32.
    const far = new Float32Array(8).fill(1000);
    expect(
      squaredDistances(
        far,
        far.map((v) => v + 0.25),
        8,
      )[0],
    ).toBe(0.5);
    expect(squaredDistances(far, far, 8)[0]).toBe(0);
  });

  it("writes into the array that it is given, whatever it held", () => {
    const a = randomMatrix(3, 4, "a");
    const out = new Float32Array(9).fill(Number.NaN);
    expect(innerProducts(a, a, 4, out)).toBe(out);
    expect(out).toEqual(innerProducts(a, a, 4));
    out.fill(Number.NaN);
    expect(transposedProduct(a.subarray(0, 6), a.subarray(0, 6), 2, out)).toBe(out);
    expect(out.every(Number.isFinite)).toBe(true);
  });

  it("keeps NaN where a factor has one, and nowhere else", () => {
    const a = randomMatrix(5, 6, "a");
    a[6] = Number.NaN;
    const result = innerProducts(a, randomMatrix(5, 6, "b"), 6);
    expect([...result].map(Number.isNaN)).toEqual(Array.from({ length: 25 }, (_, at) => Math.floor(at / 5) === 1));
    expect(innerProducts(randomMatrix(5, 6, "a"), randomMatrix(5, 6, "b"), 6).every(Number.isFinite)).toBe(true);
  });

  it("names the argument that does not fit", () => {
    const a = new Float32Array(12);
    expect(() => innerProducts(a, a, 5)).toThrow("The length of `a` must be a multiple of `dim`, 5; received 12 numbers.");
    expect(() => innerProducts(a, new Float32Array(7), 4)).toThrow("The length of `b` must be a multiple of `dim`, 4; received 7 numbers.");
    expect(() => innerProducts(a, a, 0)).toThrow("`dim` must be a whole number of 1 or more; received 0.");
    expect(() => matrixProduct(a, [1, 2] as unknown as Float32Array, 2)).toThrow("`b` must be a Float32Array; received an array of 2.");
    expect(() => transposedProduct(a, a, 4, new Float32Array(8))).toThrow(
      "`out` must be a Float32Array of 3 × 3 = 9 numbers; received 8 numbers.",
    );
    expect(() => innerProducts(a, a.subarray(0, 4), 4, a.subarray(0, 3))).toThrow("`out` must not share memory with a factor");
  });

  it("run on WebAssembly here, on a module that is compiled from the source beside it", async () => {
    expect(loadKernel()).not.toBeNull();
    const { parseWat } = await wabt();
    const source = readFileSync(new URL("../kernel/products.wat", import.meta.url), "utf8");
    const { buffer } = parseWat("products.wat", source, { simd: true }).toBinary({});
    expect(Buffer.from(buffer).toString("base64"), "src/kernel-bytes.ts is stale: run `node kernel/build.mjs`").toBe(kernelBase64);
  });
});
