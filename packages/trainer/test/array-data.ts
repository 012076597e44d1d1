import {
  type Batch,
  type FrozenEncoder,
  type Json,
  type LabelPolicy,
  labelId,
  Random,
  type Relation,
  type RowPair,
  type SamplerOptions,
  spaceOf,
  type TrainingData,
} from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";

/** A value of these tests: a point. */
export type Point = readonly number[];

/** Labelled points in memory: same label similar, other label of the space dissimilar, labels of two spaces unknown. */
export function arrayData(
  values: readonly Point[],
  labels: readonly string[],
  pairs?: readonly RowPair[],
  pairClasses?: readonly string[],
): TrainingData<Point> {
  const names = [...new Set(labels.map(spaceOf))].sort();
  const spaces = names.map((name) => {
    const rows = Uint32Array.from(labels.keys()).filter((row) => spaceOf(labels[row]!) === name);
    return { name, labels: [...new Set([...rows].map((row) => labels[row]!.slice(name.length + 1)))].sort(), rows };
  });
  const of = (a: string, b: string): Relation => (a === b ? 1 : spaceOf(a) === spaceOf(b) ? -1 : 0);
  return {
    values,
    spaces,
    pairs,
    pairClasses,
    relations: {
      of,
      block(rows, columns, { unknown } = {}) {
        const block = new Int8Array(rows.length * columns.length);
        for (const [i, row] of rows.entries()) {
          for (const [j, column] of columns.entries()) {
            const known = row === column ? 0 : of(labels[row]!, labels[column]!);
            block[i * columns.length + j] = known === 0 && row !== column && unknown === "dissimilar" ? -1 : known;
          }
        }
        return block;
      },
      declarations: {},
      toJSON: () => ({}),
    },
    labelsOf: (row) => [labels[row]!],
    classesOf: (space, rows) =>
      Int32Array.from(rows, (row) => {
        const own = spaces.find(({ name }) => name === space)!;
        return own.labels.findIndex((label) => labelId(space, label) === labels[row]);
      }),
    sampler: (options) => (pairs ? pairSampler(pairs, options) : labelSampler(spaces, labels, options)),
  };
}

type Spaces = ReturnType<typeof arrayData>["spaces"];

function labelSampler(spaces: Spaces, labels: readonly string[], { policy, labelsPerBatch, samplesPerLabel, random }: SamplerOptions) {
  let drawn = 0;
  return {
    batchesPerEpoch: Math.ceil(labels.length / (labelsPerBatch * samplesPerLabel)),
    next(): Batch {
      const space = spaces[drawn++ % spaces.length]!;
      const chosen = random.shuffle([...space.labels]).slice(0, labelsPerBatch);
      const rows = chosen.flatMap((label) => {
        const own = [...space.rows].filter((row) => labels[row] === labelId(space.name, label));
        return random.shuffle(own).slice(0, samplesPerLabel);
      });
      const separate: readonly LabelPolicy[] = ["separate", "schedule"];
      return { rows: Uint32Array.from(rows), space: separate.includes(policy) ? space.name : undefined };
    },
    state: (): Json => drawn,
    restore(state: Json) {
      drawn = state as number;
    },
  };
}

function pairSampler(pairs: readonly RowPair[], { labelsPerBatch, random }: SamplerOptions) {
  return {
    batchesPerEpoch: Math.ceil(pairs.length / labelsPerBatch),
    next(): Batch {
      const drawn = random.shuffle([...pairs]).slice(0, labelsPerBatch);
      return {
        rows: Uint32Array.from(drawn, ({ a }) => a),
        candidates: Uint32Array.from(drawn, ({ b }) => b),
        ...(drawn[0]!.class === undefined
          ? { scores: Float32Array.from(drawn, ({ score, relation }) => score ?? Number(relation === 1)) }
          : { pairClasses: Int32Array.from(drawn, (pair) => pair.class!) }),
      };
    },
    state: (): Json => null,
    restore() {},
  };
}

/** An encoder whose vector of a point is the point. */
export function pointEncoder(dim: number): FrozenEncoder<Point> & { encoded: number } {
  const encoder = {
    name: "points",
    fingerprint: sha256(`points ${dim}`),
    dim,
    encoded: 0,
    key: (value: Point) => new Uint8Array(Float32Array.from(value).buffer),
    async encode(values: readonly Point[]) {
      encoder.encoded += values.length;
      return Float32Array.from(values.flat());
    },
    save: async () => ({ kind: "points", name: "points", fingerprint: encoder.fingerprint, dim, files: {}, config: {} }),
  };
  return encoder;
}

/** `perLabel` points about each of `labels` centres; most of the spread lies in dimensions that tell nothing of the label. */
export function clusters(seed: number, { labels = 6, perLabel = 6, dim = 8, spaces = ["a"] } = {}): TrainingData<Point> {
  const random = new Random(seed);
  const values: Point[] = [];
  const names: string[] = [];
  for (const space of spaces) {
    for (let label = 0; label < labels; label++) {
      const centre = Array.from({ length: dim }, (_, i) => (i < dim / 2 ? random.normal() : 0));
      for (let sample = 0; sample < perLabel; sample++) {
        values.push(centre.map((value, i) => value + random.normal() * (i < dim / 2 ? 0.2 : 2)));
        names.push(labelId(space, `label ${label}`));
      }
    }
  }
  return arrayData(values, names);
}
