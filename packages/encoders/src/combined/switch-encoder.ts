import { type EncoderReference, type FrozenEncoder, InvalidArgumentError, shown, suggestion } from "@quaterion/core";
import { sha256 } from "@quaterion/core/node";
import { framedKey } from "./framed-key.js";
import { checkParts } from "./part-names.js";
import { checkSameEncoder, type LoadPart, loadParts, saveParts } from "./saved-parts.js";

type ValueOf<Encoder> = Encoder extends FrozenEncoder<infer Value> ? Value : never;

type Encoders = Readonly<Record<string, FrozenEncoder<unknown>>>;

const recipe = "switch/1";

/**
 * One encoder for values of several kinds: `select` says which of the encoders takes a value. All have one dimension, so that their vectors
 * can be compared (a head trained on them makes that useful). Values keep their order; each encoder gets its own in one call.
 *
 * A function can't be saved: a saved one is loaded with `loadEncoder(reference, folder, { select })`.
 * @param select the name of the encoder for a value; it must always give the same name for equal values
 * @throws {InvalidArgumentError} for encoders of different dimensions; from `encode` when `select` gives a name that is not there
 */
export function switchEncoder<const Options extends Encoders>(
  encoders: Options,
  select: (value: ValueOf<Options[keyof Options]>) => keyof Options & string,
): FrozenEncoder<ValueOf<Options[keyof Options]>> {
  type Value = ValueOf<Options[keyof Options]>;
  checkParts("switchEncoder", encoders);
  if (typeof select !== "function") {
    throw new InvalidArgumentError(
      `\`switchEncoder\` needs a function that gives the name of a value's encoder; received ${shown(select)}.`,
    );
  }
  const options: Encoders = encoders;
  const names = Object.keys(options);
  const dim = options[names[0]!]!.dim;
  const odd = names.find((name) => options[name]!.dim !== dim);
  if (odd !== undefined) {
    throw new InvalidArgumentError(
      `The encoders of \`switchEncoder\` must have one dimension; "${names[0]}" has ${dim}, "${odd}" has ${options[odd]!.dim}. Choose encoders of the same dimension.`,
    );
  }
  const chosen = (value: Value, what: string): string => {
    const name: unknown = select(value);
    if (typeof name === "string" && names.includes(name)) return name;
    const hint = typeof name === "string" ? suggestion(name, names) : ` Known: ${names.map((known) => `"${known}"`).join(", ")}.`;
    throw new InvalidArgumentError(`\`select\` gave ${shown(name)} for ${what}, which is not the name of an encoder.${hint}`);
  };
  const roles = (["query", "document"] as const).filter((role) => names.some((name) => options[name]!.roles?.includes(role)));
  const name = names.map((option) => options[option]!.name).join(" | ");
  const fingerprint = sha256(recipe, ...names.flatMap((option) => [option, options[option]!.fingerprint]));
  return {
    name,
    fingerprint,
    dim,
    ...(roles.length > 0 ? { roles } : {}),
    async encode(values, encodeOptions) {
      const rows = new Map<string, number[]>();
      for (const [row, value] of values.entries()) {
        const option = chosen(value, `\`values[${row}]\``);
        const list = rows.get(option);
        if (list) list.push(row);
        else rows.set(option, [row]);
      }
      const all = new Float32Array(values.length * dim);
      for (const [option, list] of rows) {
        const vectors = await options[option]!.encode(
          list.map((row) => values[row]),
          encodeOptions,
        );
        for (const [i, row] of list.entries()) all.set(vectors.subarray(i * dim, (i + 1) * dim), row * dim);
      }
      return all;
    },
    async key(value) {
      const option = chosen(value, "a value");
      return framedKey([new TextEncoder().encode(option), await options[option]!.key(value)]);
    },
    parts: (value) => (options[chosen(value, "a value")]!.parts?.(value) ?? []) as readonly { name: string; without: Value }[],
    async save(folder): Promise<EncoderReference> {
      const { files, references } = await saveParts(options, folder);
      return { kind: "switch", name, fingerprint, dim, files, config: { encoders: references } };
    },
  };
}

/** The encoder that a reference of kind "switch" describes. @throws {InvalidArgumentError} without `select` */
export async function loadSwitchEncoder(
  reference: EncoderReference,
  folder: string,
  load: LoadPart,
  select: ((value: unknown) => string) | undefined,
): Promise<FrozenEncoder<unknown>> {
  const { encoders } = reference.config as { encoders?: Record<string, unknown> };
  if (select === undefined) {
    const names = Object.keys(encoders ?? {}).map((name) => `"${name}"`);
    throw new InvalidArgumentError(
      `The saved encoder "${reference.name}" chooses between ${names.join(", ")} by a function, which is not saved. Give it again: \`loadEncoder(reference, folder, { select })\`.`,
    );
  }
  return checkSameEncoder(switchEncoder(await loadParts(reference, encoders, folder, load), select), reference);
}
