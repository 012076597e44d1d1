export type { Precision } from "./entry-bytes.js";
export * from "./memory-cache.js";
export * from "./open-cache.js";
export * from "./redis/open-redis-cache.js";
