import { encodeOnnxModel, type OnnxModel } from "@quaterion/formats";
import { engine, getBackend, setBackend, Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { backendName, type OnnxRuntimeBackend } from "../backend.js";
import { BackendError } from "../backend-error.js";
import { collectGraph, opset } from "../graph-compiler.js";
import { cast } from "../kernels/unary.js";
import { currentBackend } from "../register.js";
import type { GraphData, Value } from "../value.js";
import { mostSymbols, type Samples, samplesOf, traces } from "./sizes.js";
import { SymbolicGraph } from "./symbolic-graph.js";

/** An input of the model. */
export interface TraceInput {
  readonly name: string;
  /** A dimension given by name is symbolic: it has any size at run time, and the same size wherever its name stands. */
  readonly shape: readonly (number | string)[];
  /** Default: `"float32"`. `"int64"` (what tokenizers give) reaches the function as int32. */
  readonly dtype?: "float32" | "int32" | "bool" | "int64";
}

/** Options of {@link traceToOnnx}. */
export interface TraceOptions {
  /** Free key-value pairs that travel with the model. */
  metadata?: Readonly<Record<string, string>> | undefined;
  graphName?: string | undefined;
  producer?: { name: string; version?: string } | undefined;
}

/** What a traced function returns: one tensor (the model's output is then named `output`), or tensors by output name. */
export type Traced = Tensor | Readonly<Record<string, Tensor>>;

/**
 * The ONNX model of a TensorFlow.js function: what it does to its inputs, with the variables (and other tensors) that it reads as constants.
 *
 * The function is called with stand-ins, three times if any dimension is symbolic, and records. It must not read values (`dataSync`), and its operations must not depend on
 * symbolic sizes other than through shapes. The model loads in any ONNX Runtime from 1.12 on.
 *
 * @throws {BackendError} `READ_WHILE_TRACING` when the function reads a value; `NOT_TRACEABLE` when a size has no ONNX form; `INVALID_ARGUMENT` for wrong inputs
 */
export async function traceToOnnx(
  fn: (...inputs: Tensor[]) => Traced,
  inputs: readonly TraceInput[],
  options: TraceOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof fn !== "function" || !Array.isArray(inputs))
    throw new BackendError(
      "INVALID_ARGUMENT",
      `traceToOnnx: expected a function and an array of inputs { name, shape }, received ${typeof fn} and ${typeof inputs}.`,
    );
  const symbols = checkInputs(inputs);
  const previous = getBackend();
  if (previous !== backendName) await setBackend(backendName);
  try {
    return trace(fn, inputs, symbols, options);
  } finally {
    if (previous !== backendName && previous !== undefined) await setBackend(previous);
  }
}

function trace(
  fn: (...inputs: Tensor[]) => Traced,
  inputs: readonly TraceInput[],
  symbols: Map<string, { input: string; axis: number }>,
  options: TraceOptions,
): Uint8Array<ArrayBuffer> {
  const backend = currentBackend();
  // Variables become arrays, so that they stand in the model as constants.
  backend.program.flush();
  const samples = samplesOf([...symbols.keys()]);
  const wasTracing = backend.program.tracing;
  backend.program.tracing = true;
  backend.program.recorder.folds = false;
  try {
    const recorded = Array.from({ length: symbols.size === 0 ? 1 : traces }, (_, at) => recordOnce(backend, fn, inputs, samples, at));
    const names = [...recorded[0]!.keys()];
    const graphs = recorded.map((outputs) => collectGraph([...outputs.values()]));
    // Constants may be on a device.
    for (const { leaves } of graphs) for (const leaf of leaves) if (!leaf.traced) backend.program.materialise(leaf);
    const graph = new SymbolicGraph(graphs, samples, symbols, variableNames(backend));
    const outputs = names.map((name) =>
      graph.output(
        name,
        recorded.map((versions) => versions.get(name)!),
      ),
    );
    const model: OnnxModel = {
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: inputs.map(({ name, shape, dtype = "float32" }) => ({ name, shape, dtype })),
      outputs,
      opsets: graph.nodes.some(({ domain }) => domain === "com.microsoft") ? { "": opset, "com.microsoft": 1 } : { "": opset },
      metadata: options.metadata,
      graphName: options.graphName,
      producer: options.producer ?? { name: "@quaterion/tfjs-backend-onnxruntime" },
    };
    return encodeOnnxModel(model);
  } finally {
    backend.program.tracing = wasTracing;
    backend.program.recorder.folds = !wasTracing;
  }
}

/** Calls the function once, on stand-ins of the sizes of one trace. @returns what it recorded, by output name */
function recordOnce(
  backend: OnnxRuntimeBackend,
  fn: (...inputs: Tensor[]) => Traced,
  inputs: readonly TraceInput[],
  samples: Samples,
  at: number,
): Map<string, Value> {
  const outputs = new Map<string, Value>();
  tidy(() => {
    const tensors = inputs.map(({ name, shape, dtype = "float32" }) => {
      const sizes = shape.map((size) => (typeof size === "string" ? samples.get(size)![at]! : size));
      const placeholder = backend.program.recorder.placeholder(name, dtype, sizes);
      return engine().makeTensorFromTensorInfo(
        backend.infoOf(dtype === "int64" ? cast(backend.program.recorder, placeholder, "int32") : placeholder),
        backend,
      );
    });
    const result = fn(...tensors);
    const named: Record<string, TensorInfo> = result instanceof Tensor ? { output: result } : (result as Record<string, Tensor>);
    for (const [name, tensor] of Object.entries(named)) {
      if (!(tensor instanceof Tensor))
        throw new BackendError(
          "INVALID_ARGUMENT",
          `traceToOnnx: the function must return a tensor or tensors by name, received ${typeof tensor} for ${name}.`,
        );
      if (inputs.some((input) => input.name === name))
        throw new BackendError("INVALID_ARGUMENT", `traceToOnnx: ${name} names an input and an output. Give the output another name.`);
      outputs.set(name, backend.program.recorder.asNode(backend.recordedValue(tensor)));
    }
  });
  return outputs;
}

function checkInputs(inputs: readonly TraceInput[]): Map<string, { input: string; axis: number }> {
  const carriers = new Map<string, { input: string; axis: number }>();
  const names = new Set<string>();
  for (const { name, shape } of inputs) {
    if (name === "" || names.has(name))
      throw new BackendError(
        "INVALID_ARGUMENT",
        `traceToOnnx: every input needs a name of its own, received ${JSON.stringify(name)} twice or empty.`,
      );
    names.add(name);
    for (const [axis, size] of shape.entries()) {
      if (typeof size === "string" ? size === "" : !Number.isInteger(size) || size < 1) {
        throw new BackendError(
          "INVALID_ARGUMENT",
          `traceToOnnx: input ${name} must have sizes from 1 or symbolic names, received [${shape.join(", ")}].`,
        );
      }
      if (typeof size === "string" && !carriers.has(size)) carriers.set(size, { input: name, axis });
    }
  }
  if (carriers.size > mostSymbols)
    throw new BackendError(
      "INVALID_ARGUMENT",
      `traceToOnnx: at most ${mostSymbols} symbolic dimensions, received ${[...carriers.keys()].join(", ")}.`,
    );
  return carriers;
}

function variableNames(backend: OnnxRuntimeBackend): Map<GraphData, string> {
  const names = new Map<GraphData, string>();
  for (const [name, variable] of Object.entries(engine().state.registeredVariables)) {
    const info = engine().state.tensorInfo.get(variable.dataId);
    if (info?.backend !== backend) continue;
    const { data } = backend.recordedValue(variable);
    if (data !== undefined) names.set(data, name);
  }
  return names;
}
