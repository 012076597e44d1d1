import { BackendError } from "./backend-error.js";
import type { Graph } from "./graph-compiler.js";
import type { RecordedNode } from "./value.js";

/** The error of a run that failed: the TensorFlow.js operation and its shapes before ONNX Runtime's own words. */
export function runError(graph: Graph, cause: Error): BackendError {
  // The message holds the name of the node, which begins with its kernel.
  const name = /Name:'([^'#]+)#(\d+)'/.exec(cause.message);
  const node = name === null ? undefined : graph.nodes[Number(name[2])];
  const where =
    node === undefined
      ? "a graph"
      : `${node.kernel} of shapes ${node.inputs.map((input) => (input === undefined ? "-" : `[${input.shape}]`)).join(", ")}`;
  return new BackendError("RUN_FAILED", `ONNX Runtime failed in ${where}: ${cause.message}${placeOf(node)}`, { cause });
}

/** Where a node was recorded: the program's own calls, without TensorFlow.js's and this package's. */
function placeOf(node: RecordedNode | undefined): string {
  if (node === undefined) return "";
  if (node.stack === undefined) return "\nconfigure({ recordStacks: true }) before the operation tells where it was recorded.";
  const calls = node.stack.split("\n").slice(1);
  const own = calls.filter((call) => !/tfjs-core|tfjs-backend-onnxruntime[\\/](src|dist)|^\s*at Proxy\./.test(call));
  return `\nrecorded${(own.length > 0 ? own : calls)
    .slice(0, 5)
    .map((call) => `\n${call}`)
    .join("")}`;
}
