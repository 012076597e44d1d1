import { kernelBase64 } from "./kernel-bytes.js";

/** Adds something of every row of A with every row of B to C. */
export type RowPairs = (a: number, b: number, c: number, rows: number, columns: number, rowBytes: number, resultBytes: number) => void;

/** Functions of kernel/products.wat; every argument is a whole number, addresses and strides are in bytes. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** C += A · Bᵀ for padded blocks: in tiles of 4 rows, … */
  readonly dots: RowPairs;
  /** … or of one. */
  readonly rowDots: RowPairs;
  /** C += Σ (a − b)²: in tiles of 4 rows, … */
  readonly distances: RowPairs;
  /** … or of one. */
  readonly rowDistances: RowPairs;
  products(
    a: number,
    b: number,
    c: number,
    rows: number,
    columns: number,
    inner: number,
    aRowBytes: number,
    aInnerBytes: number,
    bRowBytes: number,
    resultBytes: number,
  ): void;
}

/** Where blocks lie in the kernel's memory, in float32 numbers: A first, then B, then the result. */
export const layout = { a: 0, aSize: 262144, b: 262144, bSize: 131072, c: 393216, cSize: 393216 } as const;

/** Numbers of a row that are summed up before the sum is added to the result: a part of each product's definition, so that every way of computing it gives the same bits. */
export const dotsChunk = 1024;
/** The same for {@link Kernel.products}. */
export const productsChunk = 256;

interface WebAssemblyGlobal {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

let loaded: Kernel | null | undefined;

/** The kernel, made at the first call; `null` where there is no WebAssembly with SIMD. */
export function loadKernel(): Kernel | null {
  if (loaded !== undefined) return loaded;
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyGlobal };
  try {
    const bytes = Uint8Array.from(atob(kernelBase64), (character) => character.charCodeAt(0));
    loaded = WebAssembly ? (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernel) : null;
  } catch {
    // No SIMD, or a page whose security policy forbids WebAssembly: the plain loops give the same numbers.
    loaded = null;
  }
  return loaded;
}
