import { InvalidArgumentError, list } from "@quaterion/core";

/** How well clusters, whose names mean nothing, agree with labels. 1 is agreement; what chance gives is said with each. */
export interface ClusterAgreement {
  /** MI / ((H(labels) + H(clusters)) / 2), equal to the V-measure. More clusters raise it by chance. 0 to 1. */
  readonly normalizedMutualInformation: number;
  /** (MI − E[MI]) / ((H(labels) + H(clusters)) / 2 − E[MI]): 0 by chance, however many clusters. */
  readonly adjustedMutualInformation: number;
  /** (pairs that agree − by chance) / (at most − by chance): 0 by chance. */
  readonly adjustedRandIndex: number;
  /** 1 where each cluster has one label only. */
  readonly homogeneity: number;
  /** 1 where each label is in one cluster only. */
  readonly completeness: number;
  /** Geometric mean of precision and recall over pairs of samples. */
  readonly fowlkesMallows: number;
  /** Share of samples that have the commonest label of their cluster. Clusters of one sample each give 1. */
  readonly purity: number;
}

/**
 * Compares clusters with labels, whatever both are called.
 *
 * Mutual information: Vinh, Epps & Bailey, "Information theoretic measures for clusterings comparison", JMLR 2010 (adjusted: max of the entropies there, their mean
 * here, as in scikit-learn and pytorch-metric-learning); Hubert & Arabie, "Comparing partitions", 1985; Rosenberg & Hirschberg, "V-measure", EMNLP 2007;
 * Fowlkes & Mallows, JASA 1983.
 * @throws {InvalidArgumentError} when lengths differ or nothing is given
 */
export function clusterAgreement(labels: ArrayLike<unknown>, clusters: ArrayLike<unknown>): ClusterAgreement {
  const count = list(labels, "labels").length;
  if (count !== list(clusters, "clusters").length || count === 0)
    throw new InvalidArgumentError(
      `\`labels\` and \`clusters\` must be of one length and not empty; received ${count} and ${clusters.length}.`,
    );
  const cells = new Map<unknown, Map<unknown, number>>(); // cluster → label → samples
  const sizes = new Map<unknown, number>();
  for (let i = 0; i < count; i++) {
    const row = cells.get(clusters[i]) ?? new Map<unknown, number>();
    cells.set(clusters[i], row.set(labels[i], (row.get(labels[i]) ?? 0) + 1));
    sizes.set(labels[i], (sizes.get(labels[i]) ?? 0) + 1);
  }
  const ofLabels = [...sizes.values()];
  const ofClusters = [...cells.values()].map((row) => [...row.values()].reduce((sum, each) => sum + each, 0));
  const joint = [...cells.values()].flatMap((row) => [...row.values()]);
  const [labelEntropy, clusterEntropy] = [entropy(ofLabels, count), entropy(ofClusters, count)];
  // I = H(labels) + H(clusters) − H(both), 0 at least for rounding.
  const information = Math.max(0, labelEntropy + clusterEntropy - entropy(joint, count));
  const middle = (labelEntropy + clusterEntropy) / 2;
  const expected = expectedInformation(ofLabels, ofClusters, count);
  const pairs = (some: readonly number[]) => some.reduce((sum, each) => sum + (each * (each - 1)) / 2, 0);
  const [together, inLabels, inClusters, all] = [pairs(joint), pairs(ofLabels), pairs(ofClusters), (count * (count - 1)) / 2];
  const byChance = all === 0 ? 0 : (inLabels * inClusters) / all;
  const trivial = ofLabels.length === ofClusters.length && (ofLabels.length === 1 || ofLabels.length === count);
  return {
    normalizedMutualInformation: trivial ? 1 : share(information, middle),
    adjustedMutualInformation: trivial ? 1 : share(information - expected, middle - expected),
    adjustedRandIndex: trivial ? 1 : share(together - byChance, (inLabels + inClusters) / 2 - byChance),
    homogeneity: labelEntropy === 0 ? 1 : information / labelEntropy,
    completeness: clusterEntropy === 0 ? 1 : information / clusterEntropy,
    fowlkesMallows: together === 0 ? 0 : together / Math.sqrt(inLabels * inClusters),
    purity: [...cells.values()].reduce((sum, row) => sum + Math.max(...row.values()), 0) / count,
  };
}

/** a / b, and 0 where nothing is to be had. */
function share(a: number, b: number): number {
  return Math.abs(b) < 1e-15 ? 0 : a / b;
}

function entropy(sizes: readonly number[], count: number): number {
  return -sizes.reduce((sum, size) => sum + (size / count) * Math.log(size / count), 0);
}

/** Mean mutual information of partitions of these sizes made by chance (Vinh, Epps & Bailey, 2010, theorem 4): each cell follows a hypergeometric distribution. */
function expectedInformation(a: readonly number[], b: readonly number[], count: number): number {
  const logFactorial = new Float64Array(count + 1);
  for (let i = 2; i <= count; i++) logFactorial[i] = logFactorial[i - 1]! + Math.log(i);
  const log = (n: number) => logFactorial[n]!;
  let sum = 0;
  for (const x of a) {
    for (const y of b) {
      const common = log(x) + log(y) + log(count - x) + log(count - y) - log(count);
      for (let n = Math.max(1, x + y - count); n <= Math.min(x, y); n++) {
        const chance = Math.exp(common - log(n) - log(x - n) - log(y - n) - log(count - x - y + n));
        sum += (n / count) * Math.log((count * n) / (x * y)) * chance;
      }
    }
  }
  return sum;
}
