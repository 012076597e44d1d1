import { FormatError } from "../format-error.js";
import { MessageWriter } from "./protobuf.js";
import { elementType, tensorMessage } from "./tensor.js";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValueInfo } from "./types.js";

/** protobuf refuses messages from 2 GiB on. */
const largestModelBytes = 2 ** 31 - 1;

/**
 * The bytes of an ONNX model file.
 *
 * Field numbers are those of `onnx.proto3` (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto), format version 8 unless `irVersion` says otherwise.
 * Tensor data are written as raw bytes, without a copy before the last.
 *
 * @throws {FormatError} `INVALID_ONNX_MODEL` when nodes, inputs or outputs are no arrays, a node reads a value that nothing before it makes, a name is made twice, an output is made by nothing, data do not fit their
 *   dtype or shape, a dimension is no size, or the file would be 2 GiB or larger
 */
export function encodeOnnxModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  checkLists(model);
  checkNames(model);
  const opsets = model.opsets ?? { "": 17 };
  const message = new MessageWriter().integer(1, model.irVersion ?? 8);
  message.string(2, model.producer?.name ?? "@quaterion/formats");
  if (model.producer?.version !== undefined) message.string(3, model.producer.version);
  message.message(7, graphMessage(model));
  for (const [domain, version] of Object.entries(opsets)) message.message(8, new MessageWriter().string(1, domain).integer(2, version));
  for (const [key, value] of Object.entries(model.metadata ?? {})) message.message(14, new MessageWriter().string(1, key).string(2, value));
  if (message.size > largestModelBytes) {
    throw new FormatError(
      "INVALID_ONNX_MODEL",
      `model: expected less than 2 GiB, received ${message.size} bytes. Store the weights in float16, or feed them as inputs.`,
    );
  }
  return message.finish();
}

function checkLists(model: OnnxModel): void {
  for (const part of ["nodes", "inputs", "outputs"] as const) {
    if (Array.isArray(model?.[part])) continue;
    throw new FormatError("INVALID_ONNX_MODEL", `model.${part}: expected an array, received ${typeof model?.[part]}.`);
  }
}

function graphMessage(model: OnnxModel): MessageWriter {
  const graph = new MessageWriter();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.string(2, model.graphName ?? "graph");
  for (const tensor of model.initializers ?? []) graph.message(5, tensorMessage(tensor, `initializer ${tensor.name}`, tensor.name));
  for (const info of model.inputs) graph.message(11, valueInfoMessage(info));
  for (const info of model.outputs) graph.message(12, valueInfoMessage(info));
  return graph;
}

function nodeMessage(node: OnnxNode): MessageWriter {
  const message = new MessageWriter();
  for (const name of node.inputs) message.string(1, name);
  for (const name of node.outputs) message.string(2, name);
  if (node.name !== undefined) message.string(3, node.name);
  message.string(4, node.op);
  if (node.attributes !== undefined) {
    for (const name in node.attributes) message.message(5, attributeMessage(name, node.attributes[name]!, node.op));
  }
  if (node.domain !== undefined && node.domain !== "") message.string(7, node.domain);
  return message;
}

/** Numbers of `AttributeProto.AttributeType`. */
const attributeTypes: Readonly<Record<OnnxAttribute["kind"], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
  strings: 8,
};

function attributeMessage(name: string, attribute: OnnxAttribute, op: string): MessageWriter {
  const message = new MessageWriter().string(1, name);
  switch (attribute.kind) {
    case "float":
      message.float(2, attribute.value);
      break;
    case "int":
      message.integer(3, whole(attribute.value, name, op));
      break;
    case "string":
      message.string(4, attribute.value);
      break;
    case "tensor":
      message.message(5, tensorMessage(attribute.value, `attribute ${name} of ${op}`));
      break;
    case "floats":
      for (const value of attribute.value) message.float(7, value);
      break;
    case "ints":
      for (const value of attribute.value) message.integer(8, whole(value, name, op));
      break;
    case "strings":
      for (const value of attribute.value) message.string(9, value);
      break;
  }
  return message.integer(20, attributeTypes[attribute.kind]);
}

function whole(value: number | bigint, name: string, op: string): number | bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return value;
  throw new FormatError(
    "INVALID_ONNX_MODEL",
    `attribute ${name} of ${op}: expected a whole number, received ${value}. Use the kind "float" for fractions.`,
  );
}

function valueInfoMessage({ name, dtype, shape, sequence = false }: OnnxValueInfo): MessageWriter {
  const tensorType = new MessageWriter().integer(1, elementType(dtype, `value ${name}`));
  if (shape !== undefined) {
    const dimensions = new MessageWriter();
    for (const size of shape) {
      if (typeof size === "number" && (!Number.isSafeInteger(size) || size < 0)) {
        throw new FormatError(
          "INVALID_ONNX_MODEL",
          `value ${name}: expected sizes from 0 or symbolic names, received [${shape.join(", ")}].`,
        );
      }
      dimensions.message(1, typeof size === "string" ? new MessageWriter().string(2, size) : new MessageWriter().integer(1, size));
    }
    tensorType.message(2, dimensions);
  }
  const type = new MessageWriter().message(1, tensorType);
  return new MessageWriter()
    .string(1, name)
    .message(2, sequence ? new MessageWriter().message(4, new MessageWriter().message(1, type)) : type);
}

function checkNames(model: OnnxModel): void {
  const known = new Set<string>();
  const make = (name: string, by: string) => {
    if (name === "") throw new FormatError("INVALID_ONNX_MODEL", `${by}: expected a name, received an empty string.`);
    if (known.has(name))
      throw new FormatError("INVALID_ONNX_MODEL", `${by}: the value ${name} is made twice. Give each value a name of its own.`);
    known.add(name);
  };
  for (const { name } of model.inputs) make(name, "input");
  for (const { name } of model.initializers ?? []) make(name, "initializer");
  for (const [position, node] of model.nodes.entries()) {
    for (const name of node.inputs) {
      if (name !== "" && !known.has(name)) {
        throw new FormatError(
          "INVALID_ONNX_MODEL",
          `node ${position} (${node.op}): reads ${name}, which no input, initializer or earlier node makes. Sort the nodes, or add it.`,
        );
      }
    }
    // An empty output name leaves an optional output out.
    for (const name of node.outputs) if (name !== "") make(name, `node ${position} (${node.op})`);
  }
  for (const { name } of model.outputs) {
    if (!known.has(name)) throw new FormatError("INVALID_ONNX_MODEL", `output ${name}: nothing in the graph makes it.`);
  }
}
