import { type FrozenEncoder, InvalidArgumentError } from "@quaterion/core";
import { demand, demandAllClose, demandFinite, type Law, magnitude } from "./law.js";

/**
 * What every frozen encoder must satisfy, for any test runner.
 * @param make makes the same encoder anew at each call
 * @param values at least two, no two of which have equal content
 * @throws {InvalidArgumentError} when there are fewer than two values
 */
export function frozenEncoderLaws<Value>(
  make: () => FrozenEncoder<Value> | Promise<FrozenEncoder<Value>>,
  values: readonly Value[],
): Law[] {
  if (values.length < 2) throw new InvalidArgumentError(`\`values\` must be two or more; received ${values.length}.`);
  const law = (title: string, check: (encoder: FrozenEncoder<Value>) => Promise<void>): Law => ({
    title,
    run: async () => check(await make()),
  });

  return [
    law("gives one finite vector of its dimension for each value", async (encoder) => {
      const vectors = await encoder.encode(values);
      const size = values.length * encoder.dim;
      demand(vectors.length === size, `${values.length} values gave ${vectors.length} numbers; expected ${size} (dim ${encoder.dim}).`);
      demandFinite(vectors, "The vectors");
    }),
    law("gives nothing for no values", async (encoder) => {
      demand((await encoder.encode([])).length === 0, "No values must give no numbers.");
    }),
    law("gives a value the same vector whatever else is in the batch", async (encoder) => {
      const together = await encoder.encode(values);
      const tolerance = 1e-5 * magnitude(together);
      for (const [i, value] of values.entries()) {
        const own = together.slice(i * encoder.dim, (i + 1) * encoder.dim);
        demandAllClose(await encoder.encode([value]), own, tolerance, `The vector of value ${i} alone`);
      }
      const backwards = await encoder.encode([...values].reverse());
      const last = backwards.slice((values.length - 1) * encoder.dim, values.length * encoder.dim);
      demandAllClose(last, together.slice(0, encoder.dim), tolerance, "The vector of value 0 in a reversed batch");
    }),
    law("gives the same vectors again", async (encoder) => {
      demandAllClose(await encoder.encode(values), await encoder.encode(values), 0, "A second run");
    }),
    law("has a fingerprint that only its content decides", async (encoder) => {
      const [one, other] = [encoder.fingerprint, (await make()).fingerprint];
      demand(/^[0-9a-f]+$/.test(one), `\`fingerprint\` is ${JSON.stringify(one)}; expected hexadecimal digits.`);
      demand(one === other, `The same encoder made twice has two fingerprints, ${one} and ${other}.`);
    }),
    law("has equal keys for equal content, and no others", async (encoder) => {
      const text = async (value: Value) => String(await encoder.key(value));
      const keys = await Promise.all(values.map(text));
      demand(new Set(keys).size === keys.length, "Two different values have the same key: the cache would give one the other's vector.");
      for (const [i, value] of values.entries()) {
        demand((await text(structuredClone(value))) === keys[i], `A copy of value ${i} has another key: the cache would never find it.`);
      }
    }),
    law("stops for an aborted signal", async (encoder) => {
      const outcome = await encoder.encode(values, { signal: AbortSignal.abort() }).then(
        () => undefined,
        (error: unknown) => error as { code?: unknown },
      );
      demand(
        outcome?.code === "ABORTED",
        `With an aborted signal \`encode\` ended with ${outcome?.code ?? "vectors"}; expected an error of code ABORTED.`,
      );
    }),
    law("names parts that it can leave out", async (encoder) => {
      for (const part of encoder.parts?.(values[0]!) ?? []) {
        const vector = await encoder.encode([part.without]);
        demand(
          vector.length === encoder.dim,
          `Without part ${JSON.stringify(part.name)} the value gave ${vector.length} numbers; expected ${encoder.dim}.`,
        );
        demandFinite(vector, `The vector without part ${JSON.stringify(part.name)}`);
      }
    }),
    law("saves the files that its reference names", async (encoder) => {
      const [{ mkdtemp, rm }, { tmpdir }, { join }, { fileSha256 }] = await Promise.all([
        import("node:fs/promises"),
        import("node:os"),
        import("node:path"),
        import("@quaterion/core/node"),
      ]);
      const folder = await mkdtemp(join(tmpdir(), "quaterion-encoder-"));
      try {
        const reference = await encoder.save(folder);
        demand(
          reference.fingerprint === encoder.fingerprint,
          `The reference has fingerprint ${reference.fingerprint}; expected ${encoder.fingerprint}.`,
        );
        demand(reference.dim === encoder.dim, `The reference has dim ${reference.dim}; expected ${encoder.dim}.`);
        for (const [file, sha256] of Object.entries(reference.files)) {
          const found = await fileSha256(join(folder, file));
          demand(found === sha256, `${file} has sha256 ${found}; the reference says ${sha256}.`);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
  ];
}
