export * from "./loss-value.js";
export * from "./use-engine.js";
