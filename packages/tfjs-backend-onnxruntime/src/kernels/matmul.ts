import { broadcast_util, util } from "@tensorflow/tfjs-core";
import { currentSettings } from "../configure.js";
import { sizeOf } from "../element-arrays.js";
import type { Recorder } from "../recorder.js";
import type { Value } from "../value.js";
import { type Activation, activate, isKnown } from "./activation.js";
import { elementwise } from "./binary.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";

/** The product of the last two axes, with either operand transposed; the axes before them broadcast. */
export function product(r: Recorder, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const inner = a.shape.at(transposeA ? -2 : -1);
  util.assert(
    a.shape.length >= 2 && b.shape.length >= 2,
    () => `matMul: expected matrices, received shapes [${a.shape}] and [${b.shape}].`,
  );
  util.assert(
    inner === b.shape.at(transposeB ? -1 : -2),
    () => `matMul: inner dimensions differ for shapes [${a.shape}] and [${b.shape}] (transposeA ${transposeA}, transposeB ${transposeB}).`,
  );
  const rows = a.shape.at(transposeA ? -1 : -2)!;
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  // Stacks of one matrix are that matrix.
  if (sizeOf(batch) === 1) {
    const matrices = [r.reshaped(a, a.shape.slice(-2)), r.reshaped(b, b.shape.slice(-2))];
    return r.reshaped(plain(r, matrices[0]!, matrices[1]!, transposeA, transposeB, [rows, columns]), shape);
  }
  // A stack times one matrix is a taller matrix times that matrix.
  if (!transposeA && sizeOf(b.shape.slice(0, -2)) === 1) {
    const tall = r.reshaped(a, [sizeOf(a.shape.slice(0, -1)), inner!]);
    return r.reshaped(plain(r, tall, r.reshaped(b, b.shape.slice(-2)), false, transposeB, [tall.shape[0]!, columns]), shape);
  }
  if (!transposeA && !transposeB) return r.node("MatMul", [a, b], "float32", shape);
  const attributes = { transA: { kind: "int", value: transposeA ? 1 : 0 }, transB: { kind: "int", value: transposeB ? 1 : 0 } } as const;
  return r.node("FusedMatMul", [a, b], "float32", shape, { attributes, domain: "com.microsoft" });
}

function plain(r: Recorder, a: Value, b: Value, transposeA: boolean, transposeB: boolean, shape: readonly number[]): Value {
  if (!transposeA && !transposeB) return r.node("MatMul", [a, b], "float32", shape);
  const attributes = { transA: { kind: "int", value: transposeA ? 1 : 0 }, transB: { kind: "int", value: transposeB ? 1 : 0 } } as const;
  // ONNX Runtime folds known factors of what goes into and comes out of this node into it, of a Gemm it does not.
  if (r.bakes && currentSettings().device === "cpu")
    return r.node("FusedMatMul", [a, b], "float32", shape, { attributes, domain: "com.microsoft" });
  return r.node("Gemm", [a, b], "float32", shape, { attributes });
}

function batchMatMul({ recorder, input, attrs }: KernelCall): Value | undefined {
  const a = input("a");
  const b = input("b");
  if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
  return product(recorder, a, b, Boolean(attrs["transposeA"]), Boolean(attrs["transposeB"]));
}

function fusedMatMul(call: KernelCall): Value | undefined {
  const { recorder: r, optional, attrs } = call;
  const bias = optional("bias");
  const activation: Activation = {
    name: (attrs["activation"] as string | undefined) ?? "linear",
    leakyreluAlpha: attrs["leakyreluAlpha"] as number,
    slope: optional("preluActivationWeights"),
  };
  const straight = batchMatMul(call);
  if (straight === undefined || !isKnown(activation)) return undefined;
  return activate(r, bias === undefined ? straight : elementwise(r, "Add", straight, bias), activation);
}

export const matmulKernels: readonly NativeKernel[] = [composed("BatchMatMul", batchMatMul), composed("_FusedMatMul", fusedMatMul)];
