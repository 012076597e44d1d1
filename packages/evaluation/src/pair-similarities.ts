import { InvalidArgumentError, oneOf, positiveInteger, reject } from "@quaterion/core";

/** How two vectors are compared; of distances it is the negative, so that higher is always more alike. */
export type PairSimilarity = "cosine" | "dot" | "euclidean" | "manhattan";

/**
 * Similarity of each row of one matrix to the same row of the other: of given pairs, as graded pairs (STS) and duplicates are judged by.
 *
 * cosine a·b / (‖a‖ ‖b‖), dot a·b, euclidean −‖a − b‖, manhattan −Σ |a − b|.
 * @param a `[pairs, dim]`, row-major
 * @param b `[pairs, dim]`, row-major
 * @returns `[pairs]`
 * @throws {InvalidArgumentError} when the matrices differ in size, are no multiple of `dim`, or a similarity is not finite (a row of zeros has no cosine)
 */
export function pairSimilarities(a: Float32Array, b: Float32Array, dim: number, similarity: PairSimilarity = "cosine"): Float64Array {
  positiveInteger(dim, "dim");
  oneOf(["cosine", "dot", "euclidean", "manhattan"])(similarity, "similarity");
  for (const [name, matrix] of [["a", a] as const, ["b", b] as const])
    if (!(matrix instanceof Float32Array)) reject(name, "a Float32Array `[pairs, dim]`, such as an encoder gives", matrix);
  if (a.length !== b.length || a.length % dim !== 0)
    throw new InvalidArgumentError(
      `\`a\` and \`b\` must be of one length, a multiple of dim = ${dim}; received ${a.length} and ${b.length} numbers.`,
    );
  return Float64Array.from({ length: a.length / dim }, (_, row) => {
    let [ab, aa, bb, squares, absolutes] = [0, 0, 0, 0, 0];
    for (let k = row * dim; k < (row + 1) * dim; k++) {
      const [x, y] = [a[k]!, b[k]!];
      ab += x * y;
      aa += x * x;
      bb += y * y;
      squares += (x - y) ** 2;
      absolutes += Math.abs(x - y);
    }
    const value = { cosine: ab / Math.sqrt(aa * bb), dot: ab, euclidean: -Math.sqrt(squares), manhattan: -absolutes }[similarity];
    if (Number.isFinite(value)) return value;
    throw new InvalidArgumentError(
      `Pair ${row} has no ${similarity} similarity: ${aa * bb === 0 ? "one of its vectors is all zeros" : "its vectors hold NaN or infinity"}.`,
    );
  });
}
