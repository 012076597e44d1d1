import { type EncoderReference, type FrozenEncoder, NotFoundError } from "@quaterion/core";
import * as encoders from "@quaterion/encoders";

type LoadEncoder = (reference: EncoderReference, folder: string) => Promise<FrozenEncoder<unknown>>;

/** The encoder that a model folder holds, its files checked against the reference. @throws {NotFoundError} when it is of a kind that has to be passed in */
export async function savedEncoder<Value>(reference: EncoderReference, folder: string): Promise<FrozenEncoder<Value>> {
  const { loadEncoder } = encoders as { loadEncoder?: LoadEncoder };
  if (!loadEncoder) {
    throw new NotFoundError(
      `The encoder "${reference.name}" in ${folder} can't be loaded by this release of @quaterion/encoders; pass it as \`encoder\`.`,
    );
  }
  return (await loadEncoder(reference, folder)) as FrozenEncoder<Value>;
}
