import type { Nested, Rows } from "./golden-case.js";
import type { SaidLoss } from "./mapping.js";

/** The peers divide a shorter row by this when they normalise it; our unit vectors take it for a row without a direction. */
const leastLength = 1e-12;
/** Above this a gradient is one that was divided by the floor. */
const huge = 1e6;

/** Expects gradient 0 of rows without a length whose gradient a peer has divided by its floor. */
export function withoutHugeGradients(said: SaidLoss): SaidLoss {
  return {
    ...said,
    inputs: said.inputs.map(({ values, gradient }) => ({ values, gradient: isRows(values) ? mended(values, gradient as Rows) : gradient })),
    differs: said.differs ?? "a row of length 0 has no direction and gradient 0, where the peer divides by 1e-12",
  };
}

const isRows = (values: Nested): values is Rows => Array.isArray(values) && Array.isArray(values[0]) && typeof values[0][0] === "number";

const mended = (values: Rows, gradient: Rows): Rows =>
  gradient.map((row, i) =>
    Math.hypot(...values[i]!) < leastLength && row.some((entry) => Math.abs(entry) > huge) ? row.map(() => 0) : row,
  );
