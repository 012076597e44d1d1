export * from "./binomial-deviance.js";
