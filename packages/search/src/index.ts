export { innerProducts } from "./inner-products.js";
export { matrixProduct, transposedProduct } from "./matrix-product.js";
