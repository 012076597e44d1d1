export { FormatError, type FormatErrorCode } from "./format-error.js";
export { float16FromFloat32, float32FromFloat16, float32Values } from "./half-precision.js";
export { encodeOnnxModel } from "./onnx/encode-onnx-model.js";
export type { OnnxAttribute, OnnxData, OnnxDtype, OnnxInitializer, OnnxModel, OnnxNode, OnnxTensor, OnnxValueInfo } from "./onnx/types.js";
export { readSafetensors } from "./safetensors/read-safetensors.js";
export type { SafetensorsDtype, SafetensorsFile, SafetensorsTensor } from "./safetensors/types.js";
export { writeSafetensors } from "./safetensors/write-safetensors.js";
