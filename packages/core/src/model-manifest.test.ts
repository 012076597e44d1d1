import { describe, expect, it } from "vitest";
import { parseManifest } from "./model-manifest.js";

const good = {
  format: "quaterion-model",
  version: 1,
  fingerprint: "ab12",
  dim: 2,
  encoder: { kind: "hashing", name: "hashing", fingerprint: "cd", dim: 4, files: { "encoder.json": "00" }, config: {} },
  head: { file: "head.onnx", weights: "head.safetensors", name: "linear", config: {}, sha256: "00" },
  normalized: true,
  spaces: [],
  relations: {},
  training: {},
};
const parse = (changes: object) => parseManifest(JSON.stringify({ ...good, ...changes }), "my-model");

describe("parseManifest", () => {
  it("returns what was written", () => {
    expect(parse({})).toEqual(good);
  });
  it("names folder and file when the text is no manifest", () => {
    expect(() => parseManifest("{", "my-model")).toThrow("my-model/quaterion.json is not JSON");
    expect(() => parseManifest("null", "my-model")).toThrow("does not describe a Quaterion model");
    expect(() => parse({ format: "other" })).toThrow('received "other"');
  });
  it("refuses another version and says which it reads", () => {
    expect(() => parse({ version: 2 })).toThrow("holds a model of version 2; this release reads version 1");
  });
  it("refuses paths that leave the folder", () => {
    for (const file of ["../x", "/etc/passwd", "a/../../x", "C:\\x", "..\\x"]) {
      expect(() => parse({ head: { ...good.head, file } })).toThrow("points out of the model's folder");
      expect(() => parse({ encoder: { ...good.encoder, files: { [file]: "00" } } })).toThrow("points out of the model's folder");
    }
  });
  it("refuses a manifest with holes", () => {
    expect(() => parse({ encoder: undefined })).toThrow("`encoder.kind` must be");
    expect(() => parse({ head: undefined })).toThrow("`head.file` must be");
  });
});
