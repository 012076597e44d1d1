export * from "./head.js";
export * from "./loss.js";
export * from "./trainable-encoder.js";
