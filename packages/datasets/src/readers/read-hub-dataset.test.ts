import { parquetWriteBuffer } from "hyparquet-writer";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { commit, eachWithLocalHub } from "../../../core/test/local-hub.js";
import { labeled } from "../labeled.js";
import { hubDatasetSplits } from "./hub-splits.js";
import { readHubDataset, streamHubDataset } from "./read-hub-dataset.js";

const at = eachWithLocalHub();

const info = { info: { features: { label: { _type: "ClassLabel", names: ["card_arrival", "exchange_rate"] } } } };
const parquet = (texts: readonly string[], label: number) =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: "text", data: [...texts], type: "STRING" },
        { name: "label", data: texts.map(() => label), type: "INT32" },
      ],
      kvMetadata: [{ key: "huggingface", value: JSON.stringify(info) }],
    }),
  );
const many = (word: string) => Array.from({ length: 100 }, (_, i) => `${word} ${i} of many, so that the file is a large one`);

beforeEach(() => {
  at.hub.revisions.push("refs/convert/parquet");
  at.hub.repositories["datasets/org/banking"] = {
    ".gitattributes": "",
    "default/train/0001.parquet": parquet(["b"], 1),
    "default/train/0000.parquet": parquet(many("a"), 0),
    "default/test/0000.parquet": parquet(["c"], 1),
  };
  at.hub.repositories["datasets/org/languages"] = {
    "de/train/0000.parquet": parquet(["hallo"], 0),
    "en/train-part0/0000.parquet": parquet(["hello"], 0),
    "en/train-part10/0000.parquet": parquet(["bye"], 0),
    "en/train-part2/0000.parquet": parquet(["hi"], 0),
    "en/partial-validation/0000.parquet": parquet(["hey"], 0),
  };
});

const texts = async (rows: Promise<{ text?: unknown }[]>) => (await rows).map(({ text }) => text);

describe("readHubDataset", () => {
  it("reads the files of a split in order, as labelled samples", async () => {
    const rows = await readHubDataset<{ text: string; label: string }>("org/banking");
    expect(rows.map(({ text }) => text)).toEqual([...many("a"), "b"]);
    expect(labeled(rows, { value: "text", label: "label" }).spaces[0]!.labels).toEqual(["card_arrival", "exchange_rate"]);
    expect(await texts(readHubDataset("org/banking", { split: "test", columns: ["text"] }))).toEqual(["c"]);
  });

  it("lists configs, splits and files at the commit", async () => {
    expect(await hubDatasetSplits("org/languages")).toEqual({
      commit,
      splits: [
        { config: "de", split: "train", partial: false, files: ["de/train/0000.parquet"] },
        {
          config: "en",
          split: "train",
          partial: false,
          files: ["en/train-part0/0000.parquet", "en/train-part2/0000.parquet", "en/train-part10/0000.parquet"],
        },
        { config: "en", split: "validation", partial: true, files: ["en/partial-validation/0000.parquet"] },
      ],
    });
    expect(await texts(readHubDataset("org/languages", { config: "en" }))).toEqual(["hello", "hi", "bye"]);
  });

  it("says which configs and splits there are", async () => {
    await expect(readHubDataset("org/languages")).rejects.toThrow('several configs: "de", "en". Say which with `config`.');
    await expect(readHubDataset("org/languages", { config: "fr" })).rejects.toThrow(/no config "fr"/);
    await expect(readHubDataset("org/banking", { split: "tset" })).rejects.toThrow('no split "tset". Did you mean "test"?');
    await expect(readHubDataset("org/languages", { config: "en", split: "validation" })).rejects.toThrow(
      /only the beginning \(5 GB\).*`partial: true`/,
    );
    expect(await texts(readHubDataset("org/languages", { config: "en", split: "validation", partial: true }))).toEqual(["hey"]);
  });

  it("fetches a file when its rows are asked for, and once", async () => {
    const fetched = () => at.hub.requests.filter((request) => request.startsWith("HEAD")).length;
    for await (const row of streamHubDataset("org/banking")) {
      expect(row["text"]).toContain("a 0");
      break;
    }
    expect(fetched()).toBe(1);
    await readHubDataset("org/banking");
    expect(fetched()).toBe(2);
  });

  it("tells of bytes fetched and rows read", async () => {
    const units = new Set<string>();
    await readHubDataset("org/banking", { onProgress: ({ unit }) => units.add(unit) });
    expect([...units]).toEqual(["bytes", "rows"]);
  });

  it("needs no connection for what it read before, pinned or not", async () => {
    const rows = await readHubDataset("org/banking");
    at.hub.requests = [];
    expect(await readHubDataset("org/banking", { revision: commit })).toEqual(rows);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect(await readHubDataset("org/banking")).toEqual(rows);
    expect(at.hub.requests).toEqual([]);
    await expect(readHubDataset("org/languages", { config: "de" })).rejects.toThrow(/HF_HUB_OFFLINE/);
  });

  it("shows the token where one is needed", async () => {
    at.hub.private = "secret";
    await expect(readHubDataset("org/banking")).rejects.toThrow(/no dataset org\/banking .* set HF_TOKEN/);
    vi.stubEnv("HF_TOKEN", "secret");
    expect(await texts(readHubDataset("org/banking", { split: "test" }))).toEqual(["c"]);
  });

  it("says what is wrong with a data set", async () => {
    await expect(readHubDataset("org/none")).rejects.toThrow(/no dataset org\/none/);
    await expect(readHubDataset("org/gated")).rejects.toThrow(/on conditions/);
    await expect(readHubDataset("org/banking", { revision: "v9" })).rejects.toThrow(/no revision "v9": expected a commit of the branch/);
    await expect(readHubDataset("org/banking", { revision: "main", signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ABORTED",
    });
    at.hub.repositories["datasets/org/raw"] = { "data.csv": "text,label\n" };
    await expect(readHubDataset("org/raw")).rejects.toThrow(/no Parquet files at refs\/convert\/parquet.*`readCsv`/);
    at.hub.revisions.pop();
    await expect(readHubDataset("org/raw")).rejects.toThrow(/The hub has made no Parquet files of org\/raw/);
    at.hub.repositories["datasets/org/broken"] = { "default/train/0000.parquet": "not Parquet at all" };
    await expect(readHubDataset("org/broken", { revision: "main" })).rejects.toThrow(/0000\.parquet: This is no Parquet file/);
  });

  it.each([
    ["a b/c", {}, /`name` must be a data set's name on the hub/],
    ["../x", {}, /`name` must be a data set's name on the hub/],
    ["org/x", { split: "" }, /`readHubDataset.split` must be a text/],
    ["org/x", { subset: "a" }, /no option `subset`/],
  ])("refuses %j with %j", async (name, options, message) => {
    await expect(readHubDataset(name, options as object)).rejects.toThrow(message);
  });
});
