import { readFile } from "node:fs/promises";
import { tinyWords, writeTinyModel } from "./tiny-text-model.js";

const fixtures = new URL("./fixtures/transformers/", import.meta.url);

/** The bytes of a fixture. */
export const fixture = async (name: string) => new Uint8Array(await readFile(new URL(name, fixtures)));

/** A JSON fixture. */
export const jsonFixture = async (name: string) => JSON.parse(await readFile(new URL(name, fixtures), "utf8")) as Record<string, unknown>;

export { tinyWords };

/** Writes a model of 3 layers and 64 dimensions, laid out as on the hub, whose tokenizer knows {@link tinyWords}. `extra` overrides or adds files. */
export async function writeTinyTransformer(folder: string, extra: Readonly<Record<string, unknown>> = {}, kind = "bert"): Promise<string> {
  return writeTinyModel(folder, {
    "config.json": await jsonFixture(`${kind}.config.json`),
    "tokenizer_config.json": { pad_token: "[PAD]", model_max_length: 64, tokenizer_class: "BertTokenizer" },
    "model.safetensors": await fixture(`${kind}.safetensors`),
    ...extra,
  });
}
