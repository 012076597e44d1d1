export { type ActivationName, activationNames } from "./activation.js";
export { emptyHead } from "./empty-head.js";
export { type GatedHeadOptions, gatedHead } from "./gated-head.js";
export { type LinearHeadOptions, linearHead } from "./linear-head.js";
export { type SkipConnectionHeadOptions, skipConnectionHead } from "./skip-connection-head.js";
export { type StackedHeadOptions, stackedHead } from "./stacked-head.js";
export type { LoraOptions } from "./transformer/lora.js";
export { type TrainableTextEncoderOptions, trainableTextEncoder } from "./transformer/trainable-text-encoder.js";
export type { TrainableTextEncoder } from "./transformer/transformer-encoder.js";
