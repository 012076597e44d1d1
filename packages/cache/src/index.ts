export type { Precision } from "./entry-bytes.js";
export * from "./memory-cache.js";
export * from "./open-cache.js";
