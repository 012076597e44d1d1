/** A smooth convex function: returns its value at `point` and writes its gradient there. */
export type Objective = (point: Float32Array, gradient: Float32Array) => number;

export interface MinimizeOptions {
  /** Applies an approximate inverse Hessian M, a linear map: returns a new array. */
  precondition: (gradient: Float32Array) => Float32Array;
  /** Inner product of two vectors. Default: of their numbers. */
  dot?: ((a: Float32Array, b: Float32Array) => number) | undefined;
  /** Ends when gᵀ·M·g, about twice what is still to gain, is no more than this. */
  tolerance: number;
  iterations: number;
}

export interface Minimum {
  readonly point: Float32Array;
  readonly gradient: Float32Array;
  /** M·gradient */
  readonly preconditioned: Float32Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Steps kept to model the curvature: Nocedal & Wright advise 3 to 20. */
const memory = 10;

/**
 * Minimises a smooth convex function by L-BFGS with a preconditioner as the initial inverse Hessian and backtracking line search.
 * Nocedal & Wright, "Numerical optimization", 2nd edition 2006, algorithms 7.4, 7.5 and 3.1.
 */
export function minimize(
  objective: Objective,
  start: Float32Array,
  { precondition, tolerance, iterations, dot = ofNumbers }: MinimizeOptions,
): Minimum {
  let point = start.slice();
  let gradient = new Float32Array(point.length);
  let value = objective(point, gradient);
  let preconditioned = precondition(gradient);
  const steps: Step[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (dot(gradient, preconditioned) <= tolerance) return { point, gradient, preconditioned, iterations: iteration, converged: true };
    let direction = negated(twoLoops(gradient, preconditioned, steps, dot));
    let slope = dot(gradient, direction);
    if (!(slope < 0)) {
      steps.length = 0; // rounding has spoilt the curvature: begin anew with the preconditioner alone
      direction = negated(preconditioned.slice());
      slope = dot(gradient, direction);
    }
    let size = 1;
    const next = new Float32Array(point.length);
    const nextGradient = new Float32Array(point.length);
    let nextValue = Number.POSITIVE_INFINITY;
    // Float32 sums are good to about 1e-7 of the value: less of a rise is none.
    const rounding = 1e-7 * Math.abs(value);
    let tries = 0;
    for (; tries < 20; tries++, size /= 2) {
      for (let i = 0; i < next.length; i++) next[i] = point[i]! + size * direction[i]!;
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * size * slope + rounding) break;
    }
    if (tries === 20) return { point, gradient, preconditioned, iterations: iteration, converged: false };
    const nextPreconditioned = precondition(nextGradient);
    const s = difference(next, point);
    const y = difference(nextGradient, gradient);
    const curvature = dot(s, y);
    if (curvature > 1e-10 * dot(y, y)) {
      steps.push({ s, y, my: difference(nextPreconditioned, preconditioned), rho: 1 / curvature });
      if (steps.length > memory) steps.shift();
    }
    point = next;
    gradient = nextGradient;
    preconditioned = nextPreconditioned;
    value = nextValue;
  }
  return { point, gradient, preconditioned, iterations, converged: false };
}

/** A step taken: of the point, of the gradient, of the preconditioned gradient; and 1 / (s·y). */
interface Step {
  readonly s: Float32Array;
  readonly y: Float32Array;
  readonly my: Float32Array;
  readonly rho: number;
}

/** The inverse Hessian's model applied to the gradient. The preconditioner is linear: what it makes of g − Σ α y is known from the steps. */
function twoLoops(gradient: Float32Array, preconditioned: Float32Array, steps: readonly Step[], dot: typeof ofNumbers): Float32Array {
  const q = gradient.slice();
  const r = preconditioned.slice(); // M·q all along
  const alphas: number[] = [];
  for (const { s, y, my, rho } of steps.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    add(q, y, -alpha);
    add(r, my, -alpha);
  }
  for (const [i, { s, y, rho }] of steps.entries()) add(r, s, alphas[i]! - rho * dot(y, r));
  return r;
}

function ofNumbers(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function add(target: Float32Array, other: Float32Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += scale * other[i]!;
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!;
  return out;
}

function negated(a: Float32Array): Float32Array {
  for (let i = 0; i < a.length; i++) a[i] = -a[i]!;
  return a;
}
