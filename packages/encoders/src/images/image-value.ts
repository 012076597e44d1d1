import { InvalidArgumentError, type Pixels, shown } from "@quaterion/core";

/** An image: the path of a file, the bytes of one, or pixels that are decoded already. */
export type ImageValue = string | Uint8Array | Pixels;

/**
 * Checks that a value is an image as far as can be seen without opening it.
 * @param argument what the message calls it
 * @throws {InvalidArgumentError} that says what to give instead
 */
export function checkImage(value: unknown, argument: string): asserts value is ImageValue {
  const wrong = (fix: string): never => {
    throw new InvalidArgumentError(
      `\`${argument}\` must be an image: the path of a file, the bytes of one (Uint8Array), or pixels { data, width, height, channels }; received ${shown(value)}. ${fix}`,
    );
  };
  if (typeof value === "string") {
    if (value.trim() === "") wrong("Leave such rows out, or give them an image.");
    if (/^(https?|data|blob):/i.test(value)) wrong("Addresses are not opened: fetch it, and give its bytes.");
    return;
  }
  if (value instanceof Uint8Array) {
    if (value.length === 0) wrong("It has 0 bytes: get it again, or leave it out.");
    return;
  }
  if (ArrayBuffer.isView(value)) {
    wrong(
      'Numbers alone do not say how wide an image is: `readIdx` gives pixels with `as: "pixels"`, and with `{ data, width, height, channels }` you do.',
    );
  }
  if (value instanceof ArrayBuffer) wrong("Wrap it: `new Uint8Array(buffer)`.");
  if (typeof value !== "object" || value === null || !("data" in value)) {
    const bytes = (value as { bytes?: unknown } | null | undefined)?.bytes instanceof Uint8Array;
    wrong(
      bytes ? "Give its `bytes`: `labeled(rows, { value: (row) => row.image.bytes, … })`." : "Leave such rows out, or give them an image.",
    );
  }
  checkPixels(value as Pixels, argument);
}

function checkPixels({ data, width, height, channels }: Pixels, argument: string): void {
  const wrong = (what: string, expected: string, received: unknown): never => {
    throw new InvalidArgumentError(`\`${argument}.${what}\` must be ${expected}; received ${shown(received)}.`);
  };
  for (const [what, edge] of [
    ["width", width],
    ["height", height],
  ] as const) {
    if (!Number.isSafeInteger(edge) || edge < 1) wrong(what, "a whole number of pixels, 1 or more", edge);
  }
  if (channels !== 1 && channels !== 3 && channels !== 4) wrong("channels", "1 (grey), 3 (RGB) or 4 (RGB and alpha)", channels);
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) wrong("data", "a Uint8Array, from 0 to 255", data);
  const numbers = width * height * channels;
  if (data.length !== numbers) wrong("data", `${width} × ${height} × ${channels} = ${numbers} numbers`, data.length);
}
