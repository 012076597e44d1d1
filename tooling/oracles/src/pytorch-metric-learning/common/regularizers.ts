import type { Loss } from "@quaterion/core/training";
import { centerInvariant, lpRegularizer, type Regularizer, regularFace, regularized, sparseCenters, zeroMean } from "@quaterion/losses";
import type { LossCase } from "../../golden-case.js";
import { Uncovered } from "../../mapping.js";

/** The peer's options for a regularizer of embeddings, and of what a class loss learns. */
export const embeddingRegularizer = ["embedding_regularizer", "embedding_reg_weight"];
export const weightRegularizer = ["weight_regularizer", "weight_reg_weight"];

/** The loss with the regularizers that the case attaches to it. */
export function withRegularizers<L>(loss: L, { options, inputs }: LossCase): L {
  const {
    embedding_regularizer,
    embedding_reg_weight = 1,
    weight_regularizer,
    weight_reg_weight = 1,
  } = options as {
    embedding_regularizer?: string;
    embedding_reg_weight?: number;
    weight_regularizer?: string;
    weight_reg_weight?: number;
  };
  if (!embedding_regularizer && !weight_regularizer) return loss;
  // The peer looks at the embeddings alone, we at the reference rows too.
  if (embedding_regularizer && (inputs.ref_emb || inputs.first_batch_embeddings)) throw new Uncovered("a regularizer of one side alone");
  return regularized(loss as Loss, {
    ...(embedding_regularizer && { embeddings: [embedding_reg_weight, regularizerOf(embedding_regularizer)] }),
    ...(weight_regularizer && { parameters: [weight_reg_weight, regularizerOf(weight_regularizer)] }),
  }) as L;
}

/** A regularizer from the peer's text, such as "G.LpRegularizer(p=1)". */
function regularizerOf(text: string): Regularizer {
  const [, name, list = ""] = /^(?:G\.)?(\w+)\((.*)\)$/.exec(text) ?? [];
  const given = Object.fromEntries(
    list
      .split(",")
      .filter((one) => one.trim() !== "")
      .map((one) => one.split("=").map((part) => part.trim()))
      .map(([key, value]) => [key!, Number(value)]),
  ) as Record<string, number | undefined>;
  if (name === "LpRegularizer") return lpRegularizer({ p: given["p"], power: given["power"] });
  if (name === "ZeroMeanRegularizer") return zeroMean();
  if (name === "CenterInvariantRegularizer") return centerInvariant();
  if (name === "RegularFaceRegularizer") return regularFace();
  if (name === "SparseCentersRegularizer") return sparseCenters({ centers: given["centers_per_class"] });
  throw new Uncovered(`regularizer ${text}`);
}
