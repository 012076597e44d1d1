/** The decision rules in words for who has never heard of them. */
const words: Record<string, string> = {
  nearest: "the label of the most similar example wins",
  vote: "all examples vote, similar ones count more",
  centroids: "the label whose examples are most similar on average wins",
  shrunkCentroids: "as centroids, where differences that are usual within a label count less",
  logistic: "each example speaks for or against a label, as logistic regression weighs it",
  logisticVote: "logistic regression and the vote of similar examples, both",
};

/** "centroids: the label whose …"; a rule of somebody else's is its name alone. */
export function ruleInWords(rule: string): string {
  return words[rule] === undefined ? rule : `${rule}: ${words[rule]}`;
}
