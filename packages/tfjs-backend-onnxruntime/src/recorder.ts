import { currentSettings } from "./configure.js";
import { arrayOf, filled, sameShape, sizeOf } from "./element-arrays.js";
import type { Attributes, GraphData, GraphDtype, RecordedNode, Value } from "./value.js";

interface NodeOptions {
  attributes?: Attributes;
  domain?: string;
}

/** Texts of nodes and constants that are remembered. */
const mostTexts = 100_000;

/** Records ONNX nodes in the order in which kernels ask for them. */
export class Recorder {
  /** Compute with known scalars at once. A traced function does not: what it computes from a symbolic size must stay a node. */
  folds = true;
  /** Make known scalars constants of the structure: of a program that is recorded to be run again, where they will not change. */
  bakes = false;
  /** The kernel that is recording. */
  kernel = "";
  /** Products of two arrays of one shape that were recorded since {@link Recorder.settle}, by the values' ids. */
  readonly products = new Map<string, Value>();
  /** Nodes recorded since {@link Recorder.settle}. */
  pending = 0;
  /** Nodes recorded so far. */
  recorded = 0;
  private nextId = 0;
  private readonly signatures = new Map<string, number>();
  private readonly constants = new Map<string, Value>();

  private lastSignature = 0;

  /** A number for a text, the same for equal texts (until very many have been seen: then a structure may be taken for a new one, never for another). */
  signatureOf(text: string): number {
    let signature = this.signatures.get(text);
    if (signature === undefined) {
      if (this.signatures.size >= mostTexts) {
        this.signatures.clear();
        this.constants.clear();
      }
      signature = ++this.lastSignature;
      this.signatures.set(text, signature);
    }
    return signature;
  }

  private value(dtype: GraphDtype, shape: readonly number[], node?: RecordedNode): Value {
    return {
      id: this.nextId++,
      dtype,
      shape,
      node,
      data: undefined,
      splat: undefined,
      signature: 0,
      baked: false,
      placeholder: undefined,
      traced: false,
      opaque: false,
      holders: 0,
      onDevice: false,
      escaped: false,
      pooled: false,
      views: undefined,
      origin: undefined,
      unexpanded: undefined,
      tensor: undefined,
      local: 0,
      mark: 0,
    };
  }

  /** A value that is computed, and may differ from run to run. `data` are undefined where the elements are on a device. */
  leaf(dtype: GraphDtype, shape: readonly number[], data: GraphData | undefined): Value {
    const value = this.value(dtype, shape);
    value.data = data;
    return value;
  }

  /** The elements as far as the graph's structure may depend on them. */
  known(value: Value): GraphData | undefined {
    return value.traced || value.opaque || value.origin?.opaque ? undefined : value.data;
  }

  /** A value that is one number everywhere. */
  splat(dtype: "float32" | "int32" | "bool", shape: readonly number[], number: number): Value {
    if (sizeOf(shape) <= 1) return this.leaf(dtype, shape, filled(dtype, sizeOf(shape), number));
    const value = this.value(dtype, shape);
    value.splat = number;
    return value;
  }

  /** A stand-in for an input that a traced graph will have. */
  placeholder(name: string, dtype: GraphDtype, shape: readonly number[]): Value {
    const value = this.value(dtype, shape);
    value.placeholder = name;
    value.traced = true;
    return value;
  }

  /** A small constant that belongs to the structure of the graph: another content is another graph. */
  baked(dtype: "float32" | "int32" | "int64" | "bool", content: readonly number[], shape: readonly number[] = [content.length]): Value {
    const text = `${dtype}[${shape}]${content.map((number) => (Object.is(number, -0) ? "-0" : number))}`;
    let value = this.constants.get(text);
    if (value === undefined) {
      value = this.value(dtype, shape);
      value.baked = true;
      value.data = dtype === "int64" ? BigInt64Array.from(content, BigInt) : arrayOf(dtype, content);
      value.signature = this.signatureOf(text);
      this.constants.set(text, value);
    }
    return value;
  }

  /** A baked scalar. */
  scalar(number: number, dtype: "float32" | "int32" = "float32"): Value {
    return this.baked(dtype, [number], []);
  }

  /** Records a node with one output. */
  node(op: string, inputs: readonly (Value | undefined)[], dtype: GraphDtype, shape: readonly number[], options: NodeOptions = {}): Value {
    return this.nodes(op, inputs, [{ dtype, shape }], options)[0]!;
  }

  /** Records a node with several outputs. */
  nodes(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly { dtype: GraphDtype; shape: readonly number[] }[],
    options: NodeOptions = {},
  ): Value[] {
    let text = `${options.domain ?? ""}:${op}`;
    for (const input of inputs) text += input === undefined ? "-" : "+";
    for (const { dtype, shape } of outputs) text += `|${dtype}[${shape}]`;
    if (options.attributes !== undefined) {
      for (const name in options.attributes) {
        const attribute = options.attributes[name]!;
        text += `;${name}=${attribute.kind}${String(attribute.value)}`;
      }
    }
    const made = inputs.map((input) => (input === undefined ? undefined : this.operand(input)));
    const node: RecordedNode = {
      op,
      domain: options.domain ?? "",
      inputs: made,
      outputs: [],
      attributes: options.attributes,
      signature: this.signatureOf(text),
      kernel: this.kernel,
      order: this.nextId,
      stack: currentSettings().recordStacks ? callStack() : undefined,
      mark: 0,
    };
    const traced = made.some((input) => input?.traced === true);
    for (const { dtype, shape } of outputs) {
      const value = this.value(dtype, shape, node);
      value.traced = traced;
      node.outputs.push(value);
    }
    this.pending++;
    this.recorded++;
    return node.outputs;
  }

  /** The value with its elements under another shape of the same size: no work where they are known already. */
  reshaped(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    const key = shape.join();
    let view = value.views?.get(key);
    if (view === undefined) {
      if (value.splat !== undefined) {
        view = this.splat(value.dtype as "float32", shape, value.splat);
      } else if ((value.data !== undefined || value.onDevice || value.origin !== undefined) && !value.baked) {
        view = this.leaf(value.dtype, shape, value.data);
        view.origin = value.origin ?? value;
      } else {
        view = this.node("Reshape", [value, this.baked("int64", shape)], value.dtype, shape);
      }
      value.views ??= new Map();
      value.views.set(key, view);
    }
    return view;
  }

  /** The value copied along axes of size 1 (or missing ones) up to `shape`. Element-wise nodes read the original instead: see {@link Value.unexpanded}. */
  broadcast(value: Value, shape: readonly number[]): Value {
    if (sameShape(value.shape, shape)) return value;
    if (value.splat !== undefined) return this.splat(value.dtype as "float32", shape, value.splat);
    const copy = this.node("Expand", [value, this.baked("int64", shape)], value.dtype, shape);
    copy.unexpanded = value.unexpanded ?? value;
    return copy;
  }

  /** What a node reads for a value: a splat as an array, and a known scalar as a constant where those are baked. */
  private operand(value: Value): Value {
    if (!this.bakes || value.baked || value.node !== undefined || sizeOf(value.shape) !== 1) return this.expanded(value);
    const data = this.known(value);
    return data === undefined || data instanceof BigInt64Array
      ? value
      : this.baked(value.dtype as "float32" | "int32" | "bool", [data[0]!], value.shape);
  }

  /** Makes a splat an array. 0 and 1 are part of the structure, other numbers are fed. */
  private expanded(value: Value): Value {
    if (value.splat === undefined || value.data !== undefined) return value;
    value.views ??= new Map();
    let array = value.views.get("array");
    if (array === undefined) {
      array = this.node("Expand", [this.splatScalar(value), this.baked("int64", value.shape)], value.dtype, value.shape);
      value.views.set("array", array);
    }
    return array;
  }

  /** The number of a splat as a scalar. */
  splatScalar(value: Value): Value {
    const dtype = value.dtype as "float32" | "int32" | "bool";
    const number = value.splat!;
    if (number === 0 || number === 1) return this.baked(dtype, [number], []);
    value.views ??= new Map();
    let scalar = value.views.get("scalar");
    if (scalar === undefined) {
      scalar = this.leaf(dtype, [], filled(dtype, 1, number));
      value.views.set("scalar", scalar);
    }
    return scalar;
  }

  /** The value as the result of a node, whatever it is: what a graph can have as its output. */
  asNode(value: Value): Value {
    return value.node !== undefined && value.data === undefined ? value : this.node("Identity", [value], value.dtype, value.shape);
  }

  /** Every live value has been computed: the nodes recorded so far are no longer needed. */
  settle(): void {
    this.pending = 0;
    this.products.clear();
  }
}

/** The calls that led here: more than V8 keeps by itself, since TensorFlow.js's own take many. */
function callStack(): string | undefined {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const { stack } = new Error();
  Error.stackTraceLimit = before;
  return stack;
}
