import { BackendError } from "./backend-error.js";
import type { Graph } from "./graph-compiler.js";

/** The error of a run that failed: the TensorFlow.js operation and its shapes before ONNX Runtime's own words. */
export function runError(graph: Graph, cause: Error): BackendError {
  // The message holds the name of the node, which begins with its kernel.
  const name = /Name:'([^'#]+)#(\d+)'/.exec(cause.message);
  const node = name === null ? undefined : graph.nodes[Number(name[2])];
  const where =
    node === undefined
      ? "a graph"
      : `${node.kernel} of shapes ${node.inputs.map((input) => (input === undefined ? "-" : `[${input.shape}]`)).join(", ")}`;
  return new BackendError("RUN_FAILED", `ONNX Runtime failed in ${where}: ${cause.message}`, { cause });
}
