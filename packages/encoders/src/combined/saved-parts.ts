import { join } from "node:path";
import { type EncoderReference, type FrozenEncoder, IncompatibleError, type Json, StorageError, shown } from "@quaterion/core";
import { makeFolder } from "@quaterion/core/node";
import { isPartName } from "./part-names.js";

/** Loads one encoder from its folder; as `loadEncoder`, whose options are bound. */
export type LoadPart = (reference: EncoderReference, folder: string) => Promise<FrozenEncoder<unknown>>;

/** Saves encoders in folders of their names. @returns all files, and the references by name */
export async function saveParts(encoders: Readonly<Record<string, FrozenEncoder<unknown>>>, folder: string) {
  const files: Record<string, string> = {};
  const references: Record<string, EncoderReference> = {};
  for (const [name, encoder] of Object.entries(encoders)) {
    const inside = join(folder, name);
    await makeFolder(inside).catch((cause: Error) => {
      throw new StorageError(`Could not make the folder ${inside}: ${cause.message}`, { cause });
    });
    const reference = await encoder.save(inside);
    for (const [path, sum] of Object.entries(reference.files)) files[`${name}/${path}`] = sum;
    references[name] = reference;
  }
  return { files, references: references as unknown as { [name: string]: Json } };
}

/** Loads what {@link saveParts} saved. @throws {IncompatibleError} when the references are damaged */
export async function loadParts(reference: EncoderReference, references: unknown, folder: string, load: LoadPart) {
  if (typeof references !== "object" || references === null || !Object.keys(references).every(isPartName)) {
    throw new IncompatibleError(
      `The saved encoder "${reference.name}" must name its parts; received ${shown(references)}. Save the model again.`,
    );
  }
  const encoders: Record<string, FrozenEncoder<unknown>> = {};
  for (const [name, part] of Object.entries(references as Record<string, EncoderReference>))
    encoders[name] = await load(part, join(folder, name));
  return encoders;
}

/** @throws {IncompatibleError} when an encoder that was loaded from parts is not the one that was saved */
export function checkSameEncoder<Value>(encoder: FrozenEncoder<Value>, reference: EncoderReference): FrozenEncoder<Value> {
  if (encoder.fingerprint === reference.fingerprint) return encoder;
  throw new IncompatibleError(
    `The saved encoder "${reference.name}" gives other vectors with this release (expected fingerprint ${reference.fingerprint}, received ${encoder.fingerprint}). Load it with the release that saved it, or train again.`,
  );
}
