export * from "./atomic-write.js";
export * from "./default-folder.js";
export type { HubRepositoryType } from "./hub/hub-access.js";
export * from "./hub/hub-file.js";
export * from "./hub/hub-listing.js";
export * from "./is-file.js";
export * from "./make-folder.js";
export * from "./sha256.js";
