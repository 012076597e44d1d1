export * from "./atomic-write.js";
export * from "./default-folder.js";
export * from "./sha256.js";
