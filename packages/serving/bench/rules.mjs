// Times each decision rule, the choice among them, and a change, at 1,500 references × 150 classes × 384 numbers, or as many as are given: node bench/rules.mjs [numbers]
import { Random } from "@quaterion/core";
import { defaultRules, ReferenceSet } from "@quaterion/serving";

const [classCount, perClass, dim] = [150, 10, Number(process.argv[2] ?? 384)];
const random = new Random(1);
const centers = Float32Array.from({ length: classCount * dim }, () => random.normal());
const n = classCount * perClass;
const vectors = Float32Array.from(
  { length: n * dim },
  (_, i) => centers[(Math.floor(i / dim) % classCount) * dim + (i % dim)] + 1.4 * random.normal(),
);
for (let start = 0; start < vectors.length; start += dim) {
  const length = Math.hypot(...vectors.subarray(start, start + dim));
  for (let k = start; k < start + dim; k++) vectors[k] /= length;
}
const classes = Int32Array.from({ length: n }, (_, i) => i % classCount);

// The processor's time, which other programs do not lengthen.
const timed = async (name, work) => {
  const before = process.cpuUsage().user;
  const result = await work();
  console.log(`${name.padEnd(24)} ${((process.cpuUsage().user - before) / 1000).toFixed(0).padStart(6)} ms`);
  return result;
};

for (const rule of defaultRules()) await timed(`fit ${rule.name}`, () => rule.fit({ vectors, dim, classes, classCount }));
const model = { fingerprint: "bench", dim, encode: async (values) => new Float32Array(values.length * dim).fill(1) };
const items = Array.from(classes, (c, i) => ({ value: `${i}`, label: `class ${c}` }));
const set = await timed("ReferenceSet.from", () => ReferenceSet.from(model, items, { vectors }));
console.log(`takes ${set.rules.labels.rule}`);
await timed("first answer", () => set.classifyVectors(vectors.slice(0, dim)));
await timed("1,500 answers", () => set.classifyVectors(vectors));
const logisticSet = await ReferenceSet.from(model, items, { vectors, rule: defaultRules().at(-1) });
await timed("add one, answer", async () => {
  await logisticSet.add("one more", "class 3", { vectors: vectors.slice(0, dim) });
  logisticSet.classifyVectors(vectors.slice(0, dim));
});
await timed("undo, answer", () => {
  logisticSet.undo();
  logisticSet.classifyVectors(vectors.slice(0, dim));
});
