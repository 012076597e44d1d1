import { encodeOnnxModel, type OnnxInitializer, type OnnxNode, type OnnxValueInfo } from "@quaterion/formats";
import { sizeOf } from "./element-arrays.js";
import type { RecordedNode, Value } from "./value.js";

/** Operator set of every graph: read by onnxruntime 1.12 and newer. */
export const opset = 17;

/** The part of the recorded program that makes the roots, in an order in which it can run. */
export interface Graph {
  /** Equal keys mean equal structure: a session compiled for one runs the other. */
  readonly key: string;
  readonly nodes: readonly RecordedNode[];
  /** Values that are fed: known elements (or placeholders) that are not part of the structure. */
  readonly leaves: readonly Value[];
  readonly constants: readonly Value[];
  readonly roots: readonly Value[];
}

let lastMark = 0;

/** Finds what `roots` depend on. Nodes keep the order of recording, so that a program recorded twice gives the same key. */
export function collectGraph(roots: readonly Value[]): Graph {
  const mark = ++lastMark;
  const nodes: RecordedNode[] = [];
  const stack: RecordedNode[] = [];
  const visit = (value: Value) => {
    const node = value.node;
    if (node !== undefined && value.data === undefined && node.mark !== mark) {
      node.mark = mark;
      nodes.push(node);
      stack.push(node);
    }
  };
  for (const root of roots) visit(root);
  for (let node = stack.pop(); node !== undefined; node = stack.pop())
    for (const input of node.inputs) if (input !== undefined) visit(input);
  nodes.sort((a, b) => a.order - b.order);

  const leaves: Value[] = [];
  const constants: Value[] = [];
  const key: number[] = [];
  let locals = 0;
  for (const node of nodes) {
    key.push(node.signature);
    for (const input of node.inputs) {
      if (input === undefined) continue;
      if (input.mark !== mark) {
        input.mark = mark;
        input.local = locals++;
        key.push(-leafSignature(input));
        (input.baked ? constants : leaves).push(input);
      }
      key.push(input.local);
    }
    for (const output of node.outputs) {
      output.mark = mark;
      output.local = locals++;
    }
  }
  key.push(0);
  for (const root of roots) key.push(root.local);
  return { key: key.join(), nodes, leaves, constants, roots };
}

const dtypeNumbers = { float32: 1, int32: 2, bool: 3, int64: 4, float64: 5 } as const;
const leafSignatures = new Map<string, number>();
const mostLeafSignatures = 100_000;
let lastLeafSignature = 0;

/** Baked values have a signature of their own; leaves are known by dtype and shape. Even and odd numbers keep the two apart. */
function leafSignature(value: Value): number {
  if (value.baked) return value.signature * 2;
  if (value.signature === 0) {
    const text = `${dtypeNumbers[value.dtype]}[${value.shape}]`;
    let signature = leafSignatures.get(text);
    if (signature === undefined) {
      if (leafSignatures.size >= mostLeafSignatures) leafSignatures.clear();
      signature = ++lastLeafSignature;
      leafSignatures.set(text, signature);
    }
    value.signature = signature;
  }
  return value.signature * 2 + 1;
}

/** Name of a value within its graph. */
export function nameOf(value: Value): string {
  return `v${value.local}`;
}

/**
 * The ONNX model of a graph: leaves are its inputs, roots its outputs. Node names carry the TensorFlow.js kernel, for error messages.
 * @param first an output before all others, with the node that makes it
 */
export function graphModel(graph: Graph, first?: { readonly node: OnnxNode; readonly output: OnnxValueInfo }): Uint8Array {
  return encodeOnnxModel({
    nodes: [...graph.nodes.map(onnxNode), ...(first ? [first.node] : [])],
    inputs: graph.leaves.map(valueInfo),
    outputs: [...(first ? [first.output] : []), ...graph.roots.map(valueInfo)],
    initializers: graph.constants.map(initializer),
    opsets: { "": opset, "com.microsoft": 1 },
    producer: { name: "@quaterion/tfjs-backend-onnxruntime" },
  });
}

/** A recorded node as it stands in a model. */
export function onnxNode(node: RecordedNode, position: number): OnnxNode {
  return {
    op: node.op,
    domain: node.domain,
    name: `${node.kernel}#${position}`,
    inputs: node.inputs.map((input) => (input === undefined ? "" : nameOf(input))),
    outputs: node.outputs.map(nameOf),
    attributes: node.attributes,
  };
}

function valueInfo(value: Value): OnnxValueInfo {
  return { name: nameOf(value), dtype: value.dtype, shape: value.shape };
}

function initializer(value: Value): OnnxInitializer {
  return { name: nameOf(value), dtype: value.dtype, shape: value.shape, data: value.data! };
}

/** Elements that the nodes of a graph make: a measure of its work and its memory. */
export function elementsMade(graph: Graph): number {
  let elements = 0;
  for (const node of graph.nodes) for (const output of node.outputs) elements += sizeOf(output.shape);
  return elements;
}

/** The most elements that are alive at once between the nodes of a graph, in the order of recording: a measure of the memory that a run takes. */
export function workingElements({ nodes, roots }: Graph): number {
  const lastUse = new Map<Value, number>();
  for (const [at, node] of nodes.entries()) for (const input of node.inputs) if (input?.node !== undefined) lastUse.set(input, at);
  // Results lie in buffers that are given.
  for (const root of roots) lastUse.delete(root);
  let alive = 0;
  let most = 0;
  for (const [at, node] of nodes.entries()) {
    for (const output of node.outputs) if (lastUse.has(output)) alive += sizeOf(output.shape);
    most = Math.max(most, alive);
    for (const input of new Set(node.inputs)) if (input !== undefined && lastUse.get(input) === at) alive -= sizeOf(input.shape);
  }
  return most;
}

/** Elements that a graph gives back. */
export function outputElements({ roots }: Graph): number {
  return roots.reduce((elements, { shape }) => elements + sizeOf(shape), 0);
}
