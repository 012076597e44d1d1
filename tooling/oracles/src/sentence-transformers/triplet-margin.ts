import { euclideanDistances, hard, semiHard, tripletMargin } from "@quaterion/losses";
import type { LossCase } from "../golden-case.js";
import type { LossMapping, SaidLoss } from "../mapping.js";
import { labelsCase, stackedCase } from "./common/columns-case.js";
import { distancesOf } from "./common/distances.js";

type Options = { distance_metric?: string; margin?: number; triplet_margin?: number };
const metric = ({ options }: LossCase) => distancesOf((options as Options).distance_metric, euclideanDistances);
const marginOf = ({ options }: LossCase) => (options as Options).margin ?? 5;

/** Where rows are equal, all that tie share the gradient; the peer gives it to the first. */
function sharing(said: SaidLoss, { inputs: { columns } }: LossCase): SaidLoss {
  const tied = new Set(columns[0]!.map(String)).size < columns[0]!.length;
  return tied ? { ...said, equalRowsShare: true, differs: "equal rows share what the peer gives to the first of them" } : said;
}

/** The peer keeps an anchor without a positive, at distance 0: as if it were similar to itself. We leave it out. */
function hardCase(golden: LossCase, loss: ReturnType<typeof tripletMargin>): SaidLoss {
  const { labels } = golden.inputs;
  const lonely = (row: number) => labels.filter((label) => label === labels[row]).length === 1;
  const said = sharing(
    labelsCase(golden, loss, (row) => (lonely(row) ? 1 : 0)),
    golden,
  );
  if (!labels.some((_, row) => lonely(row))) return said;
  return { ...said, differs: "the peer keeps an anchor without a positive, at distance 0: told that it is similar to itself" };
}

export const mapping: LossMapping = {
  TripletLoss: {
    options: ["distance_metric", "triplet_margin"],
    say: (golden) => {
      const margin = (golden.options as Options).triplet_margin ?? 5;
      const loss = tripletMargin({ distances: metric(golden), margin, average: "every" });
      return stackedCase(golden, loss, (i, j, batch) => (j === i ? 1 : j === i + batch ? -1 : 0));
    },
  },
  BatchAllTripletLoss: {
    options: ["distance_metric", "margin"],
    say: (golden) => labelsCase(golden, tripletMargin({ distances: metric(golden), margin: marginOf(golden) })),
  },
  BatchHardTripletLoss: {
    options: ["distance_metric", "margin"],
    say: (golden) =>
      hardCase(golden, tripletMargin({ distances: metric(golden), margin: marginOf(golden), miner: hard(), average: "every" })),
  },
  BatchHardSoftMarginTripletLoss: {
    options: ["distance_metric"],
    say: (golden) => hardCase(golden, tripletMargin({ distances: metric(golden), miner: hard(), soft: true })),
  },
  BatchSemiHardTripletLoss: {
    options: ["distance_metric", "margin"],
    say: (golden) => {
      const loss = tripletMargin({ distances: metric(golden), margin: marginOf(golden), miner: semiHard(), average: "every" });
      return sharing(labelsCase(golden, loss), golden);
    },
  },
};
