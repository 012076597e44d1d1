import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { prelu } from "./binary.js";

/** What a fused operation does to its result. */
export interface Activation {
  readonly name: string;
  readonly leakyreluAlpha?: number;
  readonly slope?: Value | undefined;
}

const names: readonly string[] = ["linear", "relu", "elu", "sigmoid", "relu6", "leakyrelu", "prelu"];

/** Is it one of those below, with all that it needs? */
export function isKnown({ name, slope }: Activation): boolean {
  return names.includes(name) && (name !== "prelu" || slope !== undefined);
}

/** Does the activation look at one element alone, whatever its place? */
export function isPlaceless({ name }: Activation): boolean {
  return name !== "prelu";
}

/** The activation of a fused operation, one that {@link isKnown}. */
export function activate(r: Recorder, x: Value, { name, leakyreluAlpha, slope }: Activation): Value {
  const like = (op: string, ...others: Value[]) => r.node(op, [x, ...others], "float32", x.shape);
  switch (name) {
    case "relu":
      return like("Relu");
    case "elu":
      return like("Elu");
    case "sigmoid":
      return like("Sigmoid");
    case "relu6":
      return like("Clip", r.scalar(0), r.scalar(6));
    case "leakyrelu":
      return r.node("LeakyRelu", [x], "float32", x.shape, { attributes: { alpha: { kind: "float", value: leakyreluAlpha ?? 0.2 } } });
    case "prelu":
      return prelu(r, x, slope!);
    default:
      return x;
  }
}
