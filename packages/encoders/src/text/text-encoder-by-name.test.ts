import { describe, expect, it, vi } from "vitest";
import { eachWithLocalHub } from "../../../core/test/local-hub.js";
import { tinyFiles } from "../../test/tiny-text-model.js";
import { textEncoder } from "./text-encoder.js";

const at = eachWithLocalHub();

describe("textEncoder", () => {
  it("takes a model by its name on the hub, fetched, then offline", async () => {
    at.hub.repositories["org/tiny"] = tinyFiles();
    const encoder = await textEncoder("org/tiny");
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    const again = await textEncoder("org/tiny");
    expect(again.name).toBe("tiny");
    expect(again.fingerprint).toBe(encoder.fingerprint);
    expect(await again.encode(["my card"])).toEqual(await encoder.encode(["my card"]));
  });
});
