export * from "./accuracy.js";
export * from "./auroc.js";
export * from "./interval.js";
