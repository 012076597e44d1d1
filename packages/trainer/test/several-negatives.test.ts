import { Random } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { triplets } from "@quaterion/datasets";
import { distillKL, marginMSE, multipleNegativesRanking } from "@quaterion/losses";
import { fit } from "@quaterion/trainer";
import { describe, expect, it } from "vitest";
import { pointEncoder } from "./array-data.js";

const [dim, negatives] = [6, 3];
const random = new Random(4);
const unit = () => {
  const point = Array.from({ length: dim }, () => random.normal());
  return Array.from(Float32Array.from(point, (x) => x / Math.hypot(...point)));
};
const rows = Array.from({ length: 7 }, () => ({
  anchor: unit(),
  positive: unit(),
  negatives: Array.from({ length: negatives }, unit),
  teacher: Array.from({ length: 1 + negatives }, () => random.normal()),
}));
type Row = (typeof rows)[number];
const each = [...Array(negatives).keys()];
const data = triplets(rows, {
  anchor: "anchor",
  positive: "positive",
  negative: each.map((k) => (row: Row) => row.negatives[k]!),
  teacherScores: { positive: (row: Row) => row.teacher[0], negative: each.map((k) => (row: Row) => row.teacher[k + 1]) },
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const logSumExp = (values: readonly number[]) => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, x) => sum + Math.exp(x - most), 0));
};

/** The losses of the whole data, in plain loops. */
const references: Readonly<Record<string, [Loss, number]>> = {
  // Every anchor against its positive, its own negatives, and everybody else's partners: scale 20.
  multipleNegativesRanking: [
    multipleNegativesRanking({ scale: 20 }),
    mean(
      rows.map(({ anchor, positive }) => {
        const all = rows.flatMap((other) => [other.positive, ...other.negatives]);
        return logSumExp(all.map((candidate) => 20 * dot(anchor, candidate))) - 20 * dot(anchor, positive);
      }),
    ),
  ],
  marginMSE: [
    marginMSE(),
    mean(
      rows.flatMap(({ anchor, positive, negatives, teacher }) =>
        negatives.map((negative, k) => (dot(anchor, positive) - dot(anchor, negative) - (teacher[0]! - teacher[k + 1]!)) ** 2),
      ),
    ),
  ],
  distillKL: [
    distillKL(),
    mean(
      rows.map(({ anchor, positive, negatives, teacher }) => {
        const student = [positive, ...negatives].map((partner) => dot(anchor, partner));
        const [ofTeacher, ofStudent] = [logSumExp(teacher), logSumExp(student)];
        return teacher.reduce((sum, t, j) => sum + Math.exp(t - ofTeacher) * (t - ofTeacher - (student[j]! - ofStudent)), 0);
      }),
    ),
  ],
};

describe("fit on anchors with several negatives", { timeout: 240_000 }, () => {
  it.each(Object.entries(references))("gives %s all of them: the first loss is the one made by hand", async (_, [loss, expected]) => {
    // One batch of all records; the head starts as the identity.
    const { history } = await fit({
      data,
      encoder: pointEncoder(dim),
      loss,
      steps: 2,
      labelsPerBatch: 35,
      samplesPerLabel: 1,
      engine: "cpu",
    });
    expect(Math.abs(history[0]!.loss - expected)).toBeLessThan(2e-6 * Math.max(1, expected));
    expect(history[1]!.loss).toBeLessThan(history[0]!.loss);
  });
});
