import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { edges } from "./agreement.js";

/** A tensor of a random program. `exact`: made by operations that IEEE arithmetic rounds in one way only, so that both backends have the same bits. */
interface Item {
  readonly tensor: tf.Tensor;
  readonly exact: boolean;
}

/** An operation on one or two items; nothing where it does not fit their dtypes and shapes. */
interface Operation {
  readonly name: string;
  /** TensorFlow.js can differentiate it. */
  readonly smooth?: boolean;
  apply(a: Item, b: Item, dial: number): Item | undefined;
}

const isFloat = ({ tensor }: Item) => tensor.dtype === "float32";
const isInteger = ({ tensor }: Item) => tensor.dtype === "int32";
const isBool = ({ tensor }: Item) => tensor.dtype === "bool";
const last = (tensor: tf.Tensor) => tensor.shape.at(-1)!;
/** Keeps rounding errors small: what is not exact stays small itself. */
const tame = (tensor: tf.Tensor) => tf.clipByValue(tensor, -8, 8);

/** A divisor whose zeros are +0: the CPU backend loses the sign of what is rounded to zero. */
const positiveZero = (tensor: tf.Tensor) => tf.add(tensor, 0);

function broadcasts(a: tf.Tensor, b: tf.Tensor): boolean {
  for (let at = 1; at <= Math.min(a.rank, b.rank); at++) {
    const [x, y] = [a.shape.at(-at)!, b.shape.at(-at)!];
    if (x !== y && x !== 1 && y !== 1) return false;
  }
  // Results that grow are of no use.
  return Math.max(a.rank, b.rank) <= 4;
}

/** Element-wise on floats, rounded in one way only. */
const exactly = (name: string, apply: (x: tf.Tensor) => tf.Tensor, smooth = true): Operation => ({
  name,
  smooth,
  apply: (a) => (isFloat(a) ? { tensor: apply(a.tensor), exact: a.exact } : undefined),
});
/** A step function of floats: only of exact ones, where rounding cannot choose. */
const stepwise = (name: string, apply: (x: tf.Tensor) => tf.Tensor): Operation => ({
  name,
  apply: (a) => (isFloat(a) && a.exact ? { tensor: apply(a.tensor), exact: true } : undefined),
});
const roughly = (name: string, apply: (x: tf.Tensor, dial: number) => tf.Tensor, minRank = 0): Operation => ({
  name,
  smooth: true,
  apply: (a, _, dial) => (isFloat(a) && a.tensor.rank >= minRank ? { tensor: tame(apply(tame(a.tensor), dial)), exact: false } : undefined),
});
/** Any dtype, elements moved and not computed. */
const moving = (name: string, apply: (x: tf.Tensor, dial: number) => tf.Tensor | undefined, smooth = true): Operation => ({
  name,
  smooth,
  apply(a, _, dial) {
    const tensor = apply(a.tensor, dial);
    return tensor && { tensor, exact: a.exact };
  },
});
const together = (name: string, apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, smooth = true): Operation => ({
  name,
  smooth,
  apply(a, b) {
    if (!isFloat(a) || !isFloat(b) || !broadcasts(a.tensor, b.tensor)) return undefined;
    const exact = a.exact && b.exact;
    return exact ? { tensor: apply(a.tensor, b.tensor), exact } : { tensor: tame(apply(tame(a.tensor), tame(b.tensor))), exact };
  },
});
const comparing = (name: string, apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Operation => ({
  name,
  apply: (a, b) =>
    a.exact && b.exact && !isBool(a) && a.tensor.dtype === b.tensor.dtype && broadcasts(a.tensor, b.tensor)
      ? { tensor: apply(a.tensor, b.tensor), exact: true }
      : undefined,
});
const ofIntegers = (name: string, apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Operation => ({
  name,
  apply: (a, b) =>
    isInteger(a) && isInteger(b) && broadcasts(a.tensor, b.tensor) ? { tensor: apply(a.tensor, b.tensor), exact: true } : undefined,
});
const ofTruths = (name: string, apply: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): Operation => ({
  name,
  apply: (a, b) =>
    isBool(a) && isBool(b) && broadcasts(a.tensor, b.tensor) ? { tensor: apply(a.tensor, b.tensor), exact: true } : undefined,
});
const casting = (dtype: "float32" | "int32" | "bool"): Operation => ({
  name: `cast to ${dtype}`,
  // Beyond int32 the two differ, as the README says.
  apply: (a) =>
    a.exact
      ? { tensor: tf.cast(dtype === "int32" && isFloat(a) ? tf.clipByValue(a.tensor, -1e6, 1e6) : a.tensor, dtype), exact: true }
      : undefined,
});
const nonEmpty = (x: tf.Tensor) => x.rank > 0 && x.size > 0;

export const operations: readonly Operation[] = [
  exactly("abs", tf.abs),
  exactly("neg", tf.neg),
  exactly("relu", tf.relu),
  exactly("relu6", tf.relu6),
  exactly("clip", (x) => tf.clipByValue(x, -0.75, 1.25)),
  exactly("square", (x) => tf.square(tame(x))),
  exactly("leaky relu", (x) => tf.leakyRelu(tame(x), 0.25)),
  stepwise("sqrt", tf.sqrt),
  stepwise("reciprocal", (x) => tf.reciprocal(positiveZero(x))),
  stepwise("floor", tf.floor),
  stepwise("ceil", tf.ceil),
  stepwise("round", tf.round),
  stepwise("sign", tf.sign),
  stepwise("step", tf.step),
  stepwise("isNaN", tf.isNaN),
  stepwise("isFinite", tf.isFinite),
  stepwise("isInf", tf.isInf),
  together("add", tf.add),
  together("sub", tf.sub),
  together("mul", tf.mul),
  {
    name: "div",
    apply: (a, b) =>
      isFloat(a) && isFloat(b) && a.exact && b.exact && broadcasts(a.tensor, b.tensor)
        ? { tensor: tf.div(a.tensor, positiveZero(b.tensor)), exact: true }
        : undefined,
  },
  together("div by 1 + y²", (x, y) => tf.div(x, tf.add(1, tf.square(tame(y))))),
  together("maximum", tf.maximum, false),
  together("minimum", tf.minimum, false),
  together("squared difference", tf.squaredDifference, false),
  together("prelu", (x, y) => (x.rank < y.rank ? tf.add(x, y) : tf.prelu(x, tf.sigmoid(y))), false),
  comparing("equal", tf.equal),
  comparing("not equal", tf.notEqual),
  comparing("greater", tf.greater),
  comparing("greater or equal", tf.greaterEqual),
  comparing("less", tf.less),
  comparing("less or equal", tf.lessEqual),
  ofIntegers("add integers", tf.add),
  ofIntegers("sub integers", tf.sub),
  ofIntegers("mul integers", (x, y) => tf.mul(tf.mod(x, tf.scalar(1000, "int32")), tf.mod(y, tf.scalar(1000, "int32")))),
  ofIntegers("maximum of integers", tf.maximum),
  ofIntegers("minimum of integers", tf.minimum),
  ofIntegers("floorDiv", (x, y) => tf.floorDiv(x, tf.add(tf.mod(y, tf.scalar(7, "int32")), tf.scalar(9, "int32")))),
  ofIntegers("mod", (x, y) => tf.mod(x, tf.add(tf.mod(y, tf.scalar(7, "int32")), tf.scalar(9, "int32")))),
  ofTruths("and", tf.logicalAnd),
  ofTruths("or", tf.logicalOr),
  ofTruths("xor", tf.logicalXor),
  { name: "not", apply: (a) => (isBool(a) ? { tensor: tf.logicalNot(a.tensor), exact: true } : undefined) },
  {
    name: "all",
    apply: (a) => (isBool(a) ? { tensor: tf.all(a.tensor, a.tensor.rank > 0 ? -1 : undefined, true), exact: true } : undefined),
  },
  { name: "any", apply: (a) => (isBool(a) ? { tensor: tf.any(a.tensor, a.tensor.rank > 0 ? 0 : undefined), exact: true } : undefined) },
  {
    name: "where",
    apply(a, b) {
      if (!isFloat(a) || !isFloat(b) || !a.exact || !broadcasts(a.tensor, b.tensor)) return undefined;
      return { tensor: tf.where(tf.greater(a.tensor, 0), a.tensor, b.tensor), exact: a.exact && b.exact };
    },
  },
  casting("float32"),
  casting("int32"),
  casting("bool"),
  roughly("tanh", tf.tanh),
  roughly("sigmoid", tf.sigmoid),
  roughly("sin", tf.sin),
  roughly("erf", tf.erf),
  roughly("softplus", tf.softplus),
  roughly("exp", (x) => tf.exp(tf.clipByValue(x, -3, 2))),
  roughly("log1p of a square", (x) => tf.log1p(tf.square(x))),
  roughly("softmax", (x) => tf.softmax(x), 1),
  roughly("log-softmax", (x) => tf.logSoftmax(x), 1),
  roughly("sum", (x, dial) => tf.sum(x, dial % 2 === 0 ? undefined : -1, true), 1),
  roughly("mean", (x, dial) => (x.size === 0 ? x : tf.mean(x, dial % 2 === 0 ? undefined : 0, true)), 1),
  roughly("cumsum", (x, dial) => tf.cumsum(x, x.rank - 1, dial % 2 === 0, dial % 3 === 0), 1),
  // TensorFlow.js's gradient of this one has its axes in another order.
  { ...roughly("cumsum along any axis", (x, dial) => tf.cumsum(x, dial % x.rank, dial % 2 === 0, dial % 3 === 0), 1), smooth: false },
  roughly("normalise", (x) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 0.1))), 1),
  roughly("gram", (x) => (x.rank === 2 ? tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true) : tf.neg(x))),
  {
    name: "matMul",
    smooth: true,
    apply({ tensor: a }, { tensor: b }) {
      if (a.rank !== 2 || b.rank !== 2 || a.dtype !== "float32" || b.dtype !== "float32" || a.shape[1] !== b.shape[1]) return undefined;
      return { tensor: tame(tf.matMul(tame(a) as tf.Tensor2D, tame(b) as tf.Tensor2D, false, true)), exact: false };
    },
  },
  moving("max", (x, dial) => (nonEmpty(x) && x.dtype !== "bool" ? tf.max(x, dial % x.rank) : undefined), false),
  moving("min", (x, dial) => (nonEmpty(x) && x.dtype !== "bool" ? tf.min(x, dial % x.rank, true) : undefined), false),
  {
    name: "argMax",
    apply: (a, _, dial) =>
      a.exact && nonEmpty(a.tensor) && !isBool(a)
        ? { tensor: (dial % 2 === 0 ? tf.argMax : tf.argMin)(a.tensor, dial % a.tensor.rank), exact: true }
        : undefined,
  },
  moving("flatten", (x) => tf.reshape(x, [-1])),
  moving("add an axis", (x, dial) => (x.rank < 4 ? tf.expandDims(x, dial % (x.rank + 1)) : undefined)),
  moving("squeeze", (x) => tf.squeeze(x)),
  moving("view in rows", (x, dial) =>
    x.size > 0 && x.size % (dial + 1) === 0 ? tf.reshape(x, [dial + 1, x.size / (dial + 1)]) : undefined,
  ),
  moving("transpose", (x) => tf.transpose(x)),
  moving("reverse", (x, dial) => (x.rank > 0 ? tf.reverse(x, dial % x.rank) : undefined)),
  moving("slice", (x, dial) =>
    x.rank > 0
      ? tf.slice(
          x,
          x.shape.map((size) => Math.min(size, dial % 2)),
          x.shape.map((size) => Math.max(0, size - (dial % 2))),
        )
      : undefined,
  ),
  moving("strided slice", (x) => (x.rank > 0 && x.size > 0 ? tf.stridedSlice(x, [0], [x.shape[0]!], [2]) : undefined), false),
  moving("pad", (x, dial) =>
    x.rank > 0 && x.size > 0 && x.size < 60
      ? tf.pad(
          x,
          x.shape.map(() => [dial % 2, 1] as [number, number]),
        )
      : undefined,
  ),
  moving("tile", (x) => (x.rank > 0 && x.size < 60 && x.dtype !== "bool" ? tf.tile(x, [2, ...new Array(x.rank - 1).fill(1)]) : undefined)),
  moving("gather", (x, dial) =>
    x.rank > 0 && x.shape[0]! > 0 && x.dtype !== "bool"
      ? tf.gather(
          x,
          tf.tensor1d(
            Array.from({ length: dial + 1 }, (_, at) => (at * at + dial) % x.shape[0]!),
            "int32",
          ),
        )
      : undefined,
  ),
  moving("unstack and stack", (x) =>
    nonEmpty(x) && x.shape[0]! > 1 && x.rank < 4 ? tf.stack(tf.unstack(x).reverse(), x.rank - 1) : undefined,
  ),
  moving("split and concat", (x) => {
    if (!nonEmpty(x) || last(x) % 2 !== 0) return undefined;
    const [left, right] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
    return tf.concat([right, left], -1);
  }),
  {
    name: "concat",
    smooth: true,
    apply: (a, b) =>
      // Joined empty arrays can't be read again on the CPU backend.
      nonEmpty(a.tensor) && a.tensor.dtype === b.tensor.dtype && `${a.tensor.shape}` === `${b.tensor.shape}` && a.tensor.size < 60
        ? { tensor: tf.concat([a.tensor, b.tensor]), exact: a.exact && b.exact }
        : undefined,
  },
  {
    name: "one-hot",
    apply: (a) =>
      isInteger(a) && a.tensor.rank < 3 && a.tensor.size < 20
        ? { tensor: tf.oneHot(tf.mod(a.tensor, tf.scalar(5, "int32")) as tf.Tensor1D, 4), exact: true }
        : undefined,
  },
];

/** What else a program does with its tensors. */
const events = ["read", "read twice", "dispose", "clone", "keep in a scope", "assign", "error", "move to the other backend"] as const;

export interface Step {
  readonly operation: Operation | undefined;
  readonly event: (typeof events)[number];
  readonly first: number;
  readonly second: number;
  readonly dial: number;
}

export interface Program {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly dtype: "float32" | "int32" | "bool"; readonly seed: number }[];
  readonly steps: readonly Step[];
}

const shapes = [[], [1], [3], [0], [2, 3], [1, 3], [2, 1], [3, 3], [0, 3], [2, 0], [2, 1, 3], [1, 1, 1], [2, 2, 3]] as const;
const integerEdges = [0, 1, -1, 2, -3, 7, 1000, 2 ** 31 - 1, -(2 ** 31), 65_536];

/** 1 to 30 operations on two to four inputs, with events between them. `smooth`: only what has a gradient, on ordinary numbers. */
export function programs({ smooth = false, eventful = false } = {}): fc.Arbitrary<Program> {
  const chosen = smooth ? operations.filter((operation) => operation.smooth) : operations;
  const index = fc.integer({ min: 0, max: 999 });
  const step: fc.Arbitrary<Step> = fc.record({
    operation: fc.oneof(
      { weight: eventful ? 3 : 1, arbitrary: fc.constantFrom(...chosen) },
      { weight: eventful ? 2 : 0, arbitrary: fc.constant(undefined) },
    ),
    event: fc.constantFrom(...events),
    first: index,
    second: index,
    dial: fc.integer({ min: 0, max: 5 }),
  });
  return fc.record({
    inputs: fc.array(
      fc.record({
        shape: fc.constantFrom(...(smooth ? shapes.filter((shape) => !(shape as readonly number[]).includes(0)) : shapes)),
        dtype: smooth
          ? fc.constant("float32" as const)
          : fc.constantFrom("float32" as const, "float32" as const, "int32" as const, "bool" as const),
        seed: fc.integer({ min: 0, max: 99 }),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    steps: fc.array(step, { minLength: 1, maxLength: 30, size: "max" }),
  });
}

/** The inputs of a program. `wild`: NaN, infinities, −0 and the ends of int32 among them. */
export function inputsOf({ inputs }: Program, wild: boolean): tf.Tensor[] {
  return inputs.map(({ shape, dtype, seed }) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: size }, (_, at) => {
      const turn = seed * 7 + at * 5;
      if (dtype === "bool") return turn % 2;
      if (dtype === "int32") return wild ? integerEdges[turn % integerEdges.length]! : (turn % 11) - 5;
      return wild && seed % 3 === 0 ? edges[turn % edges.length]! : ((turn * 3) % 17) / 8 - 1;
    });
    return tf.tensor(values, [...shape], dtype);
  });
}

/** Does the operations of a program, without its events. `takesEmpty`: TensorFlow.js has no gradient through results without elements. @returns everything that was made */
export function compute({ steps }: Program, inputs: readonly tf.Tensor[], takesEmpty = true): tf.Tensor[] {
  const items: Item[] = inputs.map((tensor) => ({ tensor, exact: true }));
  for (const { operation, first, second, dial } of steps) {
    // Mostly of late results, so that programs become deep.
    const pick = (number: number) =>
      items[number % 3 === 0 ? number % items.length : items.length - 1 - (number % Math.min(2, items.length))]!;
    // An operation that does not fit tries other operands.
    let made: Item | undefined;
    for (let turn = 0; turn < 4 && made === undefined; turn++) made = operation?.apply(pick(first + turn), pick(second + 2 * turn), dial);
    if (made !== undefined && (takesEmpty || made.tensor.size > 0)) items.push(made);
  }
  return items.slice(inputs.length).map(({ tensor }) => tensor);
}

export interface Reading {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

const readingOf = (tensor: tf.Tensor): Reading => ({ shape: tensor.shape, dtype: tensor.dtype, values: Array.from(tensor.dataSync()) });

/** Runs a program with its events on one backend; `other` takes part where a program moves. @returns everything that it read, in order */
export async function live(program: Program, backend: string, other: string): Promise<Reading[]> {
  await tf.setBackend(backend);
  const before = tf.memory();
  const readings: Reading[] = [];
  const items: Item[] = inputsOf(program, false).map((tensor) => ({ tensor, exact: true }));
  const variable = tf.tidy(() => tf.variable(tf.tensor1d([0.5, -1, 2])));
  items.push({ tensor: tf.clone(variable), exact: true });
  for (const { operation, event, first, second, dial } of program.steps) {
    const at = first % items.length;
    const item = items[at]!;
    if (operation !== undefined) {
      const made = tf.tidy(() => {
        const result = operation.apply(item, items[second % items.length]!, dial);
        return result === undefined ? [] : [result.tensor, tf.scalar(result.exact ? 1 : 0)];
      }) as tf.Tensor[];
      const [tensor, exact] = made;
      if (tensor === undefined || exact === undefined) continue;
      items.push({ tensor, exact: exact.dataSync()[0] === 1 });
      exact.dispose();
    } else if (event === "read") readings.push(readingOf(item.tensor));
    else if (event === "read twice") readings.push(readingOf(item.tensor), readingOf(item.tensor));
    else if (event === "dispose" && items.length > 2) {
      item.tensor.dispose();
      items.splice(at, 1);
    } else if (event === "clone") items.push({ tensor: tf.clone(item.tensor), exact: item.exact });
    else if (event === "keep in a scope") {
      let kept: tf.Tensor | undefined;
      tf.tidy(() => {
        kept = tf.keep(tf.add(tf.cast(item.tensor, "float32"), 1));
        tf.exp(kept);
      });
      items.push({ tensor: kept!, exact: item.exact });
    } else if (event === "assign") {
      if (item.tensor.dtype !== "float32" || `${item.tensor.shape}` !== "3")
        tf.tidy(() => variable.assign(tf.mul(variable, -0.5) as tf.Tensor1D));
      else variable.assign(item.tensor as tf.Tensor1D);
      readings.push(readingOf(variable));
      items.push({ tensor: tf.clone(variable), exact: false });
    } else if (event === "error") {
      let isThrown = false;
      try {
        tf.tidy(() => tf.matMul(tf.add(tf.ones([2, 3]), 1) as tf.Tensor2D, tf.ones([2, 3]) as tf.Tensor2D));
      } catch {
        isThrown = true;
      }
      readings.push({ shape: [], dtype: "bool", values: [isThrown ? 1 : 0] });
    } else if (event === "move to the other backend") await tf.setBackend(tf.getBackend() === backend ? other : backend);
  }
  for (const { tensor } of items) readings.push(readingOf(tensor));
  for (const { tensor } of items) tensor.dispose();
  variable.dispose();
  const after = tf.memory();
  readings.push({
    shape: [],
    dtype: "memory",
    values: [after.numTensors - before.numTensors, after.numDataBuffers - before.numDataBuffers, after.numBytes - before.numBytes],
  });
  return readings;
}
