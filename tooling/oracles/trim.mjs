// Makes the fixtures from the full files: node trim.mjs <folder>. Of every class it keeps one case for each set of options, the shortest, and where
// these are few the first case of all; gradients are rounded to a millionth of their greatest entry's power of ten.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const flat = (values) => (typeof values === "object" ? Object.values(values).flatMap(flat) : Math.abs(values));
const each = (values, of) =>
  Array.isArray(values)
    ? values.map((value) => each(value, of))
    : typeof values === "object"
      ? Object.fromEntries(Object.entries(values).map(([name, value]) => [name, each(value, of)]))
      : of(values);

function rounded(gradients) {
  const greatest = Math.max(...flat(gradients).filter(Number.isFinite), 1e-3);
  const digits = 6 - Math.floor(Math.log10(greatest));
  return each(gradients, (value) => (Number.isFinite(value) ? Number(value.toFixed(Math.max(0, digits))) : value));
}

const fixtures = join(dirname(fileURLToPath(import.meta.url)), "fixtures");
for (const file of ["losses_pml.json", "losses_st.json", "miners_pml.json"]) {
  const { library, versions, cases } = JSON.parse(await readFile(join(process.argv[2], file), "utf8"));
  const kept = new Map();
  const units = new Map();
  for (const one of cases) {
    const { name, loss_class, miner_class, options, inputs } = one;
    const unit = loss_class ?? miner_class;
    const { num_classes, embedding_size, embedding_dimension, mini_batch_size, ...told } = options;
    const kind = `${unit} ${JSON.stringify(told)} ${Object.keys(inputs ?? {})} ${inputs?.columns?.length} ${/[a-z]+_[a-z]+$/.exec(name)}`;
    if (!units.has(unit)) units.set(unit, { first: one, kinds: new Set() });
    units.get(unit).kinds.add(kind);
    if (!kept.has(kind) || JSON.stringify(one).length < JSON.stringify(kept.get(kind)).length) kept.set(kind, one);
  }
  for (const [unit, { first, kinds }] of units) if (kinds.size < 4) kept.set(unit, first);
  const shortened = cases.filter((one) => [...kept.values()].includes(one));
  const provenance = "Computed with the library named below, in float64 on float32 inputs; f32 is what the library gives in float32.";
  const head = JSON.stringify({ provenance, library, versions }).slice(0, -1);
  await writeFile(
    join(fixtures, file),
    `${head},"cases":[\n${shortened.map((one) => JSON.stringify({ ...one, library: undefined, version: undefined, ...(one.grads && { grads: rounded(one.grads) }) })).join(",\n")}\n]}\n`,
  );
  console.log(`${file}: ${shortened.length} of ${cases.length} cases`);
}
