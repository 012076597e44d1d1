import type { OnnxInitializer, OnnxNode, OnnxValueInfo } from "@quaterion/formats";
import { BackendError } from "../backend-error.js";
import type { Graph } from "../graph-compiler.js";
import type { GraphData, GraphDtype, RecordedNode, Value } from "../value.js";
import { formulaOf, nameOfFormula, type Samples, type SizeFormula } from "./sizes.js";

const onnxTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

/**
 * Several traces of one function, made with different sizes, as one graph with symbolic dimensions.
 * What is equal in all traces is written as it is; sizes that differ are computed from the shapes of the inputs.
 */
export class SymbolicGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  private readonly names = new Map<Value, string>();
  private readonly producers: Map<Value, string>[];
  private readonly made = new Map<string, string>();

  constructor(
    graphs: readonly Graph[],
    private readonly samples: Samples,
    /** The input and the axis that carry each symbolic dimension. */
    private readonly carriers: ReadonlyMap<string, { input: string; axis: number }>,
    private readonly variableNames: ReadonlyMap<GraphData, string>,
  ) {
    const count = graphs[0]!.nodes.length;
    if (graphs.some(({ nodes }) => nodes.length !== count)) {
      throw new BackendError(
        "NOT_TRACEABLE",
        `traceToOnnx: the function records ${graphs.map(({ nodes }) => nodes.length).join(", ")} nodes for different sizes of the symbolic dimensions. Its operations must not depend on sizes.`,
      );
    }
    this.producers = graphs.map(
      (graph) => new Map(graph.nodes.flatMap((node, at) => node.outputs.map((output, index) => [output, `n${at}_${index}`] as const))),
    );
    for (let at = 0; at < count; at++)
      this.addNode(
        graphs.map(({ nodes }) => nodes[at]!),
        at,
      );
  }

  /** Description of an output, made by the node `name` stands for. */
  output(name: string, versions: readonly Value[]): OnnxValueInfo {
    this.nodes.push({ op: "Identity", inputs: [this.input(versions, "output", "Identity", 0)], outputs: [name], name: `output#${name}` });
    const first = versions[0]!;
    const shape = first.shape.map((size, axis) => {
      const formula = formulaOf(
        versions.map((version) => version.shape[axis]!),
        this.samples,
      );
      return formula === undefined ? `${name}_${axis}` : formula.symbols.length === 0 ? size : nameOfFormula(formula);
    });
    return { name, dtype: first.dtype, shape };
  }

  private addNode(versions: readonly RecordedNode[], at: number): void {
    const first = versions[0]!;
    const text = (node: RecordedNode) =>
      `${node.domain}:${node.op}(${node.inputs.length})${JSON.stringify(node.attributes ?? {}, (_, value) => (typeof value === "bigint" ? String(value) : value))}`;
    if (versions.some((version) => text(version) !== text(first))) {
      throw new BackendError(
        "NOT_TRACEABLE",
        `traceToOnnx: ${first.kernel} records ${text(first)} or ${text(versions.find((version) => text(version) !== text(first))!)}, depending on the size of a symbolic dimension.`,
      );
    }
    const inputs = first.inputs.map((input, position) =>
      input === undefined
        ? ""
        : this.input(
            versions.map((version) => version.inputs[position]!),
            first.kernel,
            first.op,
            position,
          ),
    );
    this.nodes.push({
      op: first.op,
      domain: first.domain,
      inputs,
      outputs: first.outputs.map((output) => this.producers[0]!.get(output)!),
      attributes: first.attributes,
      name: `${first.kernel}#${at}`,
    });
  }

  private input(versions: readonly Value[], kernel: string, op: string, position: number): string {
    const first = versions[0]!;
    const producer = this.producers[0]!.get(first);
    if (producer !== undefined || first.placeholder !== undefined) {
      const name = producer ?? first.placeholder!;
      if (versions.every((version, trace) => (this.producers[trace]!.get(version) ?? version.placeholder) === name)) return name;
      throw this.differs(kernel);
    }
    if (versions.every(({ data, shape }) => data !== undefined && `${shape}` === `${first.shape}` && isEqual(data, first.data!)))
      return this.constant(first);
    if (versions.some(({ data }) => data === undefined)) throw this.differs(kernel);
    return this.computed(versions, kernel, op === "Reshape" && position === 1);
  }

  private constant(value: Value): string {
    let name = this.names.get(value);
    if (name === undefined) {
      name = this.variableNames.get(value.data!) ?? `c${this.initializers.length}`;
      if (this.initializers.some((initializer) => initializer.name === name)) name = `${name}_${this.initializers.length}`;
      this.initializers.push({ name, dtype: value.dtype, shape: value.shape, data: value.data! });
      this.names.set(value, name);
    }
    return name;
  }

  /** A constant that depends on symbolic dimensions. */
  private computed(versions: readonly Value[], kernel: string, isTarget: boolean): string {
    const first = versions[0]!;
    const arrays = versions.map(({ data }) => Array.from(data as ArrayLike<number | bigint>, Number));
    if (first.dtype === "int64" && versions.every(({ shape }) => shape.length <= 1 && `${shape}` === `${first.shape}`)) {
      const formulas = arrays[0]!.map((_, at) =>
        formulaOf(
          arrays.map((array) => array[at]!),
          this.samples,
        ),
      );
      if (isTarget && formulas.filter((formula) => formula?.symbols.length !== 0).length === 1) {
        return this.fixed(
          "int64",
          [formulas.length],
          formulas.map((formula) => (formula?.symbols.length === 0 ? formula.factor : -1)),
        );
      }
      if (formulas.every((formula) => formula !== undefined)) return this.vector(formulas, first.shape);
      throw this.differs(kernel);
    }
    const shape = first.shape.map((_, axis) =>
      formulaOf(
        versions.map((version) => version.shape[axis]!),
        this.samples,
      ),
    );
    if (versions.some((version) => version.shape.length !== first.shape.length) || shape.some((formula) => formula === undefined))
      throw this.differs(kernel);
    const sizes = shape as SizeFormula[];
    const dtype = first.dtype as "float32" | "int32" | "bool";
    const [start, next] = [arrays[0]![0]!, arrays[0]![1]];
    if (arrays[0]!.length === 1) {
      const formula = formulaOf(
        arrays.map(([number]) => number!),
        this.samples,
      );
      if (formula === undefined) throw this.differs(kernel);
      return this.add("Reshape", [this.cast(this.vector([formula], [1]), dtype), this.fixed("int64", [first.shape.length], first.shape)]);
    }
    if (arrays.every((array) => array.every((number) => number === start))) {
      return this.add("Expand", [this.fixed(dtype, [], [start]), this.vector(sizes, [sizes.length])]);
    }
    const step = next! - start!;
    const count = formulaOf(
      arrays.map(({ length }) => length),
      this.samples,
    );
    if (count !== undefined && arrays.every((array) => array.every((number, at) => number === start! + at * step))) {
      const limit = this.vector([count], []);
      const positions = this.cast(this.add("Range", [this.fixed("int64", [], [0]), limit, this.fixed("int64", [], [1])]), dtype);
      const scaled = step === 1 ? positions : this.add("Mul", [positions, this.fixed(dtype, [], [step])]);
      const range = start === 0 ? scaled : this.add("Add", [scaled, this.fixed(dtype, [], [start!])]);
      return sizes.length === 1 ? range : this.add("Reshape", [range, this.vector(sizes, [sizes.length])]);
    }
    throw this.differs(kernel);
  }

  /** An int64 vector of sizes (or a scalar, for the shape []). */
  private vector(formulas: readonly SizeFormula[], shape: readonly number[]): string {
    const parts = formulas.map((formula) => this.size(formula));
    const vector = parts.length === 1 ? parts[0]! : this.add("Concat", parts, { axis: { kind: "int", value: 0 } });
    return shape.length === 0 ? this.add("Squeeze", [vector]) : vector;
  }

  /** One size as an int64 vector of one element. */
  private size({ factor, symbols, offset }: SizeFormula): string {
    if (symbols.length === 0) return this.fixed("int64", [1], [factor + offset]);
    let size = symbols.map((symbol) => this.symbol(symbol)).reduce((product, symbol) => this.add("Mul", [product, symbol]));
    if (factor !== 1) size = this.add("Mul", [size, this.fixed("int64", [1], [factor])]);
    return offset === 0 ? size : this.add("Add", [size, this.fixed("int64", [1], [offset])]);
  }

  private symbol(symbol: string): string {
    const { input, axis } = this.carriers.get(symbol)!;
    return this.add("Gather", [this.add("Shape", [input]), this.fixed("int64", [1], [axis])]);
  }

  private cast(input: string, dtype: GraphDtype): string {
    return dtype === "int64" ? input : this.add("Cast", [input], { to: { kind: "int", value: onnxTypes[dtype] } });
  }

  private fixed(dtype: "float32" | "int32" | "bool" | "int64", shape: readonly number[], content: readonly number[]): string {
    const key = `${dtype}[${shape}]${content}`;
    let name = this.made.get(key);
    if (name === undefined) {
      name = `k${this.made.size}`;
      const data =
        dtype === "int64"
          ? BigInt64Array.from(content, BigInt)
          : dtype === "float32"
            ? Float32Array.from(content)
            : dtype === "int32"
              ? Int32Array.from(content)
              : Uint8Array.from(content);
      this.initializers.push({ name, dtype, shape, data });
      this.made.set(key, name);
    }
    return name;
  }

  /** Adds a node that computes with sizes; the same one is added once. */
  private add(op: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string {
    const key = `${op}(${inputs})${JSON.stringify(attributes ?? {})}`;
    let name = this.made.get(key);
    if (name === undefined) {
      name = `s${this.made.size}`;
      this.nodes.push({ op, inputs, outputs: [name], attributes, name: `size#${name}` });
      this.made.set(key, name);
    }
    return name;
  }

  private differs(kernel: string): BackendError {
    return new BackendError(
      "NOT_TRACEABLE",
      `traceToOnnx: ${kernel} reads a value that depends on the size of a symbolic dimension in a way that no ONNX node can follow. Compute it with tensor operations, or fix the size.`,
    );
  }
}

function isEqual(a: GraphData, b: GraphData): boolean {
  if (a === b) return true;
  return a.length === b.length && (a as Float32Array).every((number, at) => Object.is(number, b[at]));
}
