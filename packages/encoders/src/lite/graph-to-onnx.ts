import { IncompatibleError } from "@quaterion/core";
import type { OnnxInitializer, OnnxModel, OnnxNode, OnnxValueInfo } from "@quaterion/formats";
import { type GraphAttribute, type GraphSite, graphOps } from "./graph-ops.js";
import type { GraphTensor } from "./weights.js";

/** A node of a TensorFlow graph, as `model.json` has it. An input is `node`, `node:output` or `^node` (which only orders). */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, GraphAttribute>>;
}

/**
 * A TensorFlow.js graph model (inference only: no control flow, no variables) as one ONNX model.
 *
 * Inputs are the graph's placeholders under their names, whole numbers as int32, sizes of -1 symbolic; outputs are the nodes that no other reads.
 * Constants that only say how to compute (axes, permutations, bounds) become attributes or int64 lists; kernels of 1×1 convolutions become matrices.
 * @throws {IncompatibleError} naming the node when its operation, or a form of it, is not known
 */
export function graphToOnnx(nodes: readonly GraphNode[], weights: ReadonlyMap<string, GraphTensor>): OnnxModel {
  const inputs: OnnxValueInfo[] = [];
  const initializers = new Map<string, OnnxInitializer>();
  const written: OnnxNode[] = [];
  /** Output of a node in the graph → value in the model, where the names differ. */
  const values = new Map<string, string>();
  const read = new Set(nodes.flatMap((node) => edges(node).map((edge) => edge.replace(/:\d+$/, ""))));

  const integers = (value: readonly (number | bigint)[] | number): string => {
    const scalar = typeof value === "number";
    const data = BigInt64Array.from(scalar ? [value] : value, BigInt);
    const name = `int64${scalar ? "" : "s"}/${data.join(",")}`;
    initializers.set(name, { name, dtype: "int64", shape: scalar ? [] : [data.length], data });
    return name;
  };
  const floats = (name: string, data: Float32Array, shape: readonly number[]): string => {
    initializers.set(name, { name, dtype: "float32", shape, data });
    return name;
  };
  const valueName = (edge: string): string => {
    const constant = weights.get(edge);
    if (constant === undefined) return values.get(edge) ?? edge;
    if (constant.data instanceof Float32Array) return floats(edge, constant.data, constant.shape);
    initializers.set(edge, { name: edge, dtype: "int64", shape: constant.shape, data: BigInt64Array.from(constant.data, BigInt) });
    return edge;
  };

  const siteOf = (node: GraphNode): GraphSite => {
    const sources = edges(node);
    let last = "";
    return {
      name: node.name,
      op: node.op,
      inputs: sources.length,
      attributes: node.attr ?? {},
      input: (i) => valueName(sources[i]!),
      constant(i) {
        const tensor = weights.get(sources[i] ?? "");
        if (tensor !== undefined) return tensor;
        throw new IncompatibleError(`Node "${node.name}" (${node.op}): input ${i} must be constant; it is computed by "${sources[i]}".`);
      },
      integers,
      floats: (data, shape) => floats(`${node.name}/constant`, data, shape),
      write(op, from, attributes = {}, { domain, outputs = 1 } = {}) {
        last = `${node.name}/${written.length}`;
        const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? last : `${last}:${i}`));
        for (const [i, name] of names.entries()) values.set(i === 0 ? node.name : `${node.name}:${i}`, name);
        written.push({ op, inputs: from, outputs: names, attributes, domain });
        return last;
      },
    };
  };

  for (const node of inOrder(nodes)) {
    if (weights.has(node.name)) continue;
    if (node.op === "Placeholder") {
      const shape = (node.attr?.shape?.shape?.dim ?? []).map(({ size }, axis) =>
        Number(size) < 0 ? `${node.name}_${axis}` : Number(size),
      );
      const whole = node.attr?.dtype?.type !== 1;
      inputs.push({ name: node.name, dtype: whole ? "int32" : "float32", shape });
      if (whole) siteOf({ ...node, input: [] }).write("Cast", [node.name], { to: { kind: "int", value: 7 } });
      continue;
    }
    const writeOp = Object.hasOwn(graphOps, node.op) ? graphOps[node.op] : undefined;
    if (writeOp === undefined) {
      throw new IncompatibleError(
        `Node "${node.name}": the operation ${node.op} is not known. Known: ${Object.keys(graphOps).join(", ")}.`,
      );
    }
    writeOp(siteOf(node));
  }
  const outputs = nodes.filter((node) => !read.has(node.name) && !weights.has(node.name));
  return {
    graphName: "graph",
    nodes: written,
    inputs,
    outputs: outputs.map(({ name }) => ({ name: valueName(name), dtype: "float32" })),
    initializers: [...initializers.values()],
    opsets: { "": 17, "com.microsoft": 1 },
  };
}

/** What a node reads: `node:0` is `node`; inputs that only order are left out. */
function edges({ input = [] }: GraphNode): string[] {
  return input.filter((edge) => !edge.startsWith("^")).map((edge) => edge.replace(/:0$/, ""));
}

/** The nodes, each after those it reads. */
function inOrder(nodes: readonly GraphNode[]): Set<GraphNode> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const ordered = new Set<GraphNode>();
  const open = new Set<GraphNode>();
  const visit = (node: GraphNode) => {
    if (ordered.has(node)) return;
    if (open.has(node)) throw new IncompatibleError(`Node "${node.name}" reads its own value: loops are not known.`);
    open.add(node);
    for (const edge of edges(node)) {
      const source = byName.get(edge.replace(/:\d+$/, ""));
      if (source === undefined) throw new IncompatibleError(`Node "${node.name}" reads "${edge}", which is not in the graph.`);
      visit(source);
    }
    ordered.add(node);
  };
  for (const node of nodes) visit(node);
  return ordered;
}
