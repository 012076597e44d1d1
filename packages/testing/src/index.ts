export * from "./class-loss-laws.js";
export * from "./law.js";
export * from "./loss-value.js";
export type { PlainClassBatch, PlainParameters, PlainRelationBatch, Rows } from "./plain-batch.js";
export * from "./relation-loss-laws.js";
export * from "./use-engine.js";
