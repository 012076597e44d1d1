export * from "./references.js";
export { SimilarityModel, type SimilarityModelOptions } from "./similarity-model.js";
