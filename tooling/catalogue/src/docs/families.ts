/** A family of losses as the README shows it: its heading, one line about it, and its members in order. */
export interface Family {
  readonly title: string;
  readonly about: string;
  readonly members: readonly string[];
}

/** Every loss, wrapper and regularizer is in one of these. */
export const families: readonly Family[] = [
  {
    title: "Pairs and triplets",
    about: "Batch-all, batch-hard and semi-hard triplets are `tripletMargin({ miner })` with `all()`, `hard()` and `semiHard()`.",
    members: [
      "contrastive",
      "onlineContrastive",
      "signalToNoiseContrastive",
      "tripletMargin",
      "marginLoss",
      "classMarginLoss",
      "rankedList",
      "liftedStructure",
      "generalizedLiftedStructure",
      "tupletMargin",
      "intraPairVariance",
      "angular",
      "dynamicSoftMargin",
      "thresholdConsistentMargin",
      "histogram",
      "manifold",
    ],
  },
  {
    title: "In-batch softmax",
    about: "Each anchor against the whole batch: the larger the batch, the better.",
    members: [
      "supervisedContrastive",
      "multipleNegativesRanking",
      "guidedNegatives",
      "nTXent",
      "nPairs",
      "multiSimilarity",
      "circle",
      "softNearestNeighbor",
      "nca",
      "megaBatchMargin",
    ],
  },
  {
    title: "Ranking",
    about: "The measure of a ranking itself, made smooth.",
    members: ["smoothAP", "fastAP", "pnp", "surrogatePrecision"],
  },
  {
    title: "Classes and proxies",
    about: "They learn vectors of the classes, one set for each label space.",
    members: [
      "normalizedSoftmax",
      "softmax",
      "arcFace",
      "subCenterArcFace",
      "cosFace",
      "sphereFace",
      "largeMarginSoftmax",
      "p2sGrad",
      "softTriple",
      "proxyAnchor",
      "proxyNCA",
      "center",
      "instance",
    ],
  },
  {
    title: "Graded and distilled",
    about: "On given pairs with a score, a class, or a teacher.",
    members: [
      "coSENT",
      "anglE",
      "cosineSimilarity",
      "pairClassification",
      "marginMSE",
      "distillKL",
      "embeddingDistillation",
      "meanSquaredError",
    ],
  },
  {
    title: "Self-supervised",
    about: "On views of the same records, without labels.",
    members: ["selfSupervised", "vicReg", "barlowTwins", "simSiam", "contrastiveTension"],
  },
  {
    title: "Around any loss",
    about: "Wrappers, and the regularizers that `regularized` takes.",
    members: [
      "matryoshka",
      "weightedSum",
      "perPart",
      "regularized",
      "mined",
      "classWeighted",
      "lpRegularizer",
      "zeroMean",
      "globalOrthogonal",
      "centerInvariant",
      "regularFace",
      "sparseCenters",
    ],
  },
];
