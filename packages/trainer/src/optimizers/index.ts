export { type AdafactorOptions, adafactor } from "./adafactor.js";
export { type AdagradOptions, adagrad } from "./adagrad.js";
export { type AdamOptions, adam, adamW } from "./adam-w.js";
export { type AdamaxOptions, adamax } from "./adamax.js";
export { type LambOptions, lamb } from "./lamb.js";
export { type LionOptions, lion } from "./lion.js";
export type { DecayScope, Optimizer, WeightUpdate } from "./optimizer.js";
export { type RmsPropOptions, rmsProp } from "./rms-prop.js";
export { type SgdOptions, sgd } from "./sgd.js";
