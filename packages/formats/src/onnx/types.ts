/** Element types that the writer knows, by their usual names. `float16` data are the raw 16 bits. */
export type OnnxDtype = "float32" | "float64" | "float16" | "int8" | "uint8" | "int32" | "int64" | "bool" | "string";

/** Elements of a tensor: a typed array of the dtype's own kind (`bool`: 0 or 1 in a Uint8Array, `int64`: BigInt64Array, `float16`: Uint16Array), or strings. */
export type OnnxData = Float32Array | Float64Array | Uint16Array | Int8Array | Uint8Array | Int32Array | BigInt64Array | readonly string[];

/** A constant: row-major `data` of `shape`. */
export interface OnnxTensor {
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
  readonly data: OnnxData;
}

/** A constant of the graph that nodes read by its name. */
export interface OnnxInitializer extends OnnxTensor {
  readonly name: string;
}

/** An input or output of the graph. A dimension given as a string is symbolic: it has that name, and any size at run time. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: OnnxDtype;
  /** Left out: the rank is unknown too. */
  readonly shape?: readonly (number | string)[];
  /** A sequence of such tensors. Default: one tensor. */
  readonly sequence?: boolean;
}

/** An attribute of a node, with its kind spelled out (ONNX tells `int` 1 from `float` 1). */
export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number | bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly (number | bigint)[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: OnnxTensor };

/** One operation. An empty string among `inputs` leaves an optional input out. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** The operator set; the standard one when left out. */
  readonly domain?: string;
  readonly name?: string;
}

/** A whole model: nodes in an order in which they can run. */
export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers?: readonly OnnxInitializer[];
  /** Version of each operator set by domain (`""` is the standard one). Default: `{ "": 17 }`. */
  readonly opsets?: Readonly<Record<string, number>>;
  /** Free key-value pairs that travel with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly graphName?: string;
  readonly producer?: { readonly name: string; readonly version?: string };
  /** Version of the file format itself. Default: 8 (read by onnxruntime 1.10 and newer). */
  readonly irVersion?: number;
}
