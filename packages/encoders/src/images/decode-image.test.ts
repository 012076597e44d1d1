import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, loadSharp } from "./decode-image.js";

describe("loadSharp", () => {
  it("says what to install where sharp is not", async () => {
    const missing = "a-package-that-nobody-has-published-for-quaterion";
    const loading = loadSharp(() => import(/* @vite-ignore */ missing));
    await expect(loading).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/which can't be loaded: .*Run `npm install sharp`, or give pixels/),
    });
    expect(await loadSharp()).toBe(sharp);
  });
});

describe("decodeImage", () => {
  it("gives the numbers that are in the file, whatever its color profile says", async () => {
    const data = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => (i * 37) % 256);
    const plain = sharp(data, { raw: { width: 4, height: 4, channels: 3 } });
    const profiled = await plain.clone().withIccProfile("p3").png().toBuffer();
    const passedOver = await sharp(profiled, { ignoreIcc: true }).raw().toBuffer();
    const applied = await sharp(profiled).toColourspace("srgb").raw().toBuffer();
    expect(applied.equals(passedOver)).toBe(false);
    expect([...(await decodeImage(sharp, profiled, undefined, "It")).data]).toEqual([...passedOver]);
  });

  it("lets numbers of all kinds through unchanged: no profile, no loss", async () => {
    const data = Uint8Array.from({ length: 5 * 3 * 4 }, (_, i) => (i * 53) % 256);
    const file = await sharp(data, { raw: { width: 5, height: 3, channels: 4 } })
      .png()
      .toBuffer();
    expect(await decodeImage(sharp, file, undefined, "It")).toEqual({ data: Buffer.from(data), width: 5, height: 3, channels: 4 });
  });
});
