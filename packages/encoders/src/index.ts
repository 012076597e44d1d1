export { type HashingEncoderOptions, hashingEncoder } from "./hashing/hashing-encoder.js";
export { type LoadEncoderOptions, loadEncoder } from "./load-encoder.js";
export type { OnnxTextEncoder, TextEncoderStats } from "./text/onnx-text-encoder.js";
export type { PoolingMode } from "./text/pooling.js";
export { type ModelDtype, type TextEncoderOptions, textEncoder } from "./text/text-encoder.js";
export type { Prompts, TextModelSettings } from "./text/text-model-settings.js";
