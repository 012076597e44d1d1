export * from "./inner-products.js";
export { matrixProduct, transposedProduct } from "./matrix-product.js";
export * from "./memory-index.js";
export * from "./nearest.js";
export * from "./norms.js";
export * from "./squared-distances.js";
