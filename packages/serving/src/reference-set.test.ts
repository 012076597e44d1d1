import { type EmbeddingModel, QuaterionError, Random, type TrainingData } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LetterEncoder } from "../test/letter-encoder.js";
import { defaultRules } from "./choose-rule.js";
import { ReferenceSet } from "./reference-set.js";
import { logistic } from "./rules/logistic.js";
import { nearest } from "./rules/nearest.js";
import { vote } from "./rules/vote.js";

const encoder = new LetterEncoder();
const examples = [
  ["my card has not come yet", "card_arrival"],
  ["when will my card arrive", "card_arrival"],
  ["the card is still not here", "card_arrival"],
  ["i want my money back", "refund"],
  ["please refund the money", "refund"],
  ["how do i get a refund", "refund"],
  ["what is the exchange rate", "exchange"],
  ["rate for dollars to euro", "exchange"],
  ["which rate do you exchange at", "exchange"],
].map(([value, label]) => ({ value: value!, label: label! }));

/** Data of two spaces, the second with a label that is declared the same as one of the first, and a row that has labels of both. */
function twoSpaces(): TrainingData<string> {
  const values = [...examples.map(({ value }) => value), "give the money back", "wake me at six", "set an alarm", "a refund alarm"];
  const labels = [
    ...examples.map(({ label }) => [`banking/${label}`]),
    ["assistant/money_back"],
    ["assistant/alarm"],
    ["assistant/alarm"],
    ["assistant/alarm", "banking/refund"],
  ];
  const unused = () => {
    throw new Error("a reference set draws no batches");
  };
  return {
    values,
    spaces: [],
    relations: { of: unused, block: unused, toJSON: unused, declarations: { same: [["assistant/money_back", "banking/refund"]] } },
    labelsOf: (row) => labels[row]!,
    classesOf: unused,
    sampler: unused,
  };
}

/** A model of given vectors: what is encoded is the name of a row. */
function vectorModel(dim: number, vectors: ReadonlyMap<string, readonly number[]>): EmbeddingModel<string> {
  return { fingerprint: "f0", dim, encode: async (values) => Float32Array.from(values.flatMap((value) => vectors.get(value)!)) };
}

describe("ReferenceSet", () => {
  it("answers with label, space, probability, alternatives and the nearest references", async () => {
    const set = await ReferenceSet.from(encoder, examples);
    const answer = await set.classify("has my card come", { alternatives: 2, nearest: 2 });
    expect(answer).toMatchObject({ label: "labels/card_arrival", space: "labels", name: "card_arrival", same: [], refused: false });
    expect(answer.rule).toBe(set.rules["labels"]!.rule);
    expect(answer.alternatives).toHaveLength(2);
    expect(answer.alternatives[0]).toEqual({ label: answer.label, probability: answer.probability });
    expect(answer.alternatives[0]!.probability).toBeGreaterThan(answer.alternatives[1]!.probability);
    expect(answer.nearest.map(({ id }) => id)).toContain("r1");
    expect(answer.nearest[0]!.similarity).toBe(answer.similarity);
  });

  it("gives many what it gives each, and vectors what it gives their values", async () => {
    const set = await ReferenceSet.from(encoder, examples);
    const values = ["refund please", "exchange rate", "my card"];
    const many = await set.classifyMany(values);
    expect(many).toEqual(await Promise.all(values.map((value) => set.classify(value))));
    expect(set.classifyVectors(await encoder.encode(values))).toEqual(many);
    expect(await set.classifyMany([])).toEqual([]);
  });

  it("is the same made from vectors as from values", async () => {
    const vectors = await encoder.encode(examples.map(({ value }) => value));
    const made = await ReferenceSet.from(encoder, examples);
    const given = await ReferenceSet.from(encoder, examples, { vectors });
    expect(await given.classify("my money")).toEqual(await made.classify("my money"));
  });

  it("answers in one space or in all, where labels declared the same are one answer", async () => {
    const set = await ReferenceSet.from(encoder, twoSpaces(), { rule: nearest() });
    expect(set.spaces).toEqual(["assistant", "banking"]);
    expect((await set.classify("please refund the money", { space: "banking" })).label).toBe("banking/refund");
    expect((await set.classify("please refund the money", { space: "assistant" })).space).toBe("assistant");
    const shared = await set.classify("please refund the money");
    expect(shared).toMatchObject({ label: "assistant/money_back", same: ["banking/refund"] });
    const both = await set.classify("a refund alarm");
    expect(both.nearest.filter(({ similarity }) => similarity > 0.9999)).toHaveLength(1);
    expect(shared.alternatives.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  });

  it("learns a new class from examples, at once, and forgets it by undo", async () => {
    const set = await ReferenceSet.from(encoder, examples, { refuse: false });
    const before = await set.classify("somebody stole my phone");
    const ids = await set.add(["my phone was stolen", "somebody stole the phone"], "stolen_phone");
    expect(ids).toEqual(["r10", "r11"]);
    expect((await set.classify("somebody stole my phone")).name).toBe("stolen_phone");
    expect(set.undo()).toMatchObject({ kind: "add", ids });
    expect((await set.classify("somebody stole my phone")).label).toBe(before.label);
    expect(set.undo()).toBeUndefined();
  });

  it("is corrected by moving and removing references", async () => {
    const set = await ReferenceSet.from(encoder, examples, { rule: nearest() });
    set.move("r4", "exchange");
    expect((await set.classify("i want my money back")).name).toBe("exchange");
    set.remove("r4");
    expect((await set.classify("i want my money back")).nearest.map(({ id }) => id)).not.toContain("r4");
    expect(set.history.map(({ kind }) => kind)).toEqual(["move", "remove"]);
    set.undo();
    set.undo();
    expect((await set.classify("i want my money back")).name).toBe("refund");
  });

  it("explains an answer: shares, and the words it rests on", async () => {
    for (const rule of defaultRules()) {
      const set = await ReferenceSet.from(encoder, examples, { rule });
      const all = await set.explain("when does the card come", { references: 99 });
      expect(all.references.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(all.total, 3);
      if (all.unit === "score") expect(all.total).toBeCloseTo(all.answer.score, 3);
      expect(all.references.reduce((sum, { share }) => sum + Math.abs(share), 0)).toBeCloseTo(1, 6);
      expect(all.references[0]).toMatchObject({ label: "labels/card_arrival", value: expect.stringContaining("card") });
      expect(all.parts.map(({ name }) => name).sort()).toEqual(["card", "come", "does", "the", "when"]);
      const [first] = all.parts;
      const without = await set.explain(
        "when does the card come"
          .split(" ")
          .filter((word) => word !== first!.name)
          .join(" "),
      );
      if (without.answer.label === all.answer.label) expect(all.answer.score - without.answer.score).toBeCloseTo(first!.change, 4);
    }
    const set = await ReferenceSet.from(encoder, examples);
    expect((await set.explain("my card", { references: 2, parts: false })).references).toHaveLength(2);
    expect((await set.explain("my card", { parts: false })).parts).toEqual([]);
  });

  it("refuses what is unlike every reference, and says why", async () => {
    const random = new Random(3);
    const vectors = new Map<string, number[]>();
    const data = Array.from({ length: 40 }, (_, i) => {
      const value = `v${i}`;
      vectors.set(value, [i % 2 ? 1 : 0, i % 2 ? 0 : 1, 0.1 * random.normal(), 0]);
      return { value, label: i % 2 ? "a" : "b" };
    });
    vectors.set("odd", [0, 0, 0, 1]);
    const set = await ReferenceSet.from(vectorModel(4, vectors), data);
    expect(await set.classify("odd")).toMatchObject({ refused: true, reason: expect.stringMatching(/^Unlike every reference: .*0\.000/) });
    expect(await set.classify("v0")).toMatchObject({ refused: false });
    const never = await ReferenceSet.from(vectorModel(4, vectors), data, { refuse: false });
    expect(await never.classify("odd")).toMatchObject({ refused: false });
  });

  it("knows one class alone, and that of one example", async () => {
    const set = await ReferenceSet.from(encoder, examples.slice(0, 1));
    expect(await set.classify("anything")).toMatchObject({ name: "card_arrival", probability: 1 });
  });

  it("does not care how it came to be: any changes and undos give what is made anew", async () => {
    const random = new Random(8);
    const centers = Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => random.normal()));
    const vectors = new Map<string, number[]>();
    for (let i = 0; i < 40; i++)
      vectors.set(
        `v${i}`,
        centers[i % 3]!.map((x) => x + 0.5 * random.normal()),
      );
    const model = vectorModel(4, vectors);
    const names = ["a", "b", "c", "d"];
    const queries = [...vectors.keys()].slice(30);
    const step = fc.tuple(fc.constantFrom("add", "move", "remove", "undo"), fc.nat(99), fc.constantFrom(...names));
    for (const rule of [vote({ temperature: 0.1 }), logistic({ tolerance: 1e-6 })]) {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
          const first = Array.from({ length: 12 }, (_, i) => ({ value: `v${i}`, label: names[i % 3]!, id: `v${i}` }));
          const set = await ReferenceSet.from(model, first, { rule, refuse: false });
          const states = [first.map(({ id, value, label }) => ({ id, value, label }))];
          for (const [kind, number, label] of steps) {
            const now = states.at(-1)!;
            const picked = now[number % now.length]!;
            if (kind === "undo") {
              set.undo();
              if (states.length > 1) states.pop();
            } else if (kind === "add") {
              const value = `v${12 + (number % 18)}`;
              const [id] = await set.add(value, label);
              states.push([...now, { id: id!, value, label }]);
            } else if (kind === "move") {
              set.move(picked.id, label);
              states.push(now.map((one) => (one === picked ? { ...one, label } : one)));
            } else if (now.length > 1) {
              set.remove(picked.id);
              states.push(now.filter((one) => one !== picked));
            }
            if (number % 2) await set.classify(queries[0]!); // makes it fit in between
          }
          const anew = await ReferenceSet.from(model, states.at(-1)!, { rule, refuse: false });
          expect(set.references.map(({ id, labels }) => [id, labels])).toEqual(anew.references.map(({ id, labels }) => [id, labels]));
          const tolerance = rule.name === "vote" ? 1e-5 : 0.05;
          for (const [i, answer] of (await set.classifyMany(queries)).entries()) {
            const expected = await anew.classify(queries[i]!);
            expect(Math.abs(answer.score - expected.score)).toBeLessThan(tolerance);
          }
        }),
        { numRuns: 25 },
      );
    }
  });

  it("keeps an answer when rules are chosen anew on the same references, and takes another rule when asked", async () => {
    const set = await ReferenceSet.from(encoder, examples);
    const before = await set.classify("my card");
    await set.choose();
    expect(await set.classify("my card")).toEqual(before);
    await set.choose({ rule: nearest() });
    expect((await set.classify("my card")).rule).toBe("nearest");
  });

  it("keeps to a reference's own space: a label of another is refused, unless it is that name which is meant", async () => {
    const set = await ReferenceSet.from(encoder, [
      { value: "my card", label: "card", space: "bank" },
      { value: "my money", label: "refund", space: "bank" },
      { value: "wake me", label: "alarm", space: "home" },
    ]);
    expect(() => set.move("r1", "home/alarm")).toThrow(
      '`label` is of the space "home", and a label of "bank" is asked for; received "home/alarm". A label of that very name is "bank/home/alarm".',
    );
    await expect(set.add("x", "home/alarm", { space: "bank" })).rejects.toThrow('`label` is of the space "home"');
    await expect(set.add("x", "bank/")).rejects.toThrow('`label` must be a label, not a space alone; received "bank/".');
    expect(set.history).toEqual([]);
    set.move("r1", "bank/home/alarm");
    expect(set.references[0]!.labels).toEqual(["bank/home/alarm"]);
    set.move("r1", "refund");
    expect(set.references[0]!.labels).toEqual(["bank/refund"]);
  });

  it("does not take nothing for a change", async () => {
    const set = await ReferenceSet.from(encoder, examples);
    expect(await set.add([], "refund")).toEqual([]);
    set.remove([]);
    expect(set.history).toEqual([]);
    expect(set.undo()).toBeUndefined();
  });

  it("asks for a model that was not awaited", async () => {
    await expect(ReferenceSet.from(Promise.resolve(encoder) as never, examples)).rejects.toThrow("`model` must be awaited first");
  });

  describe("names what is wrong:", () => {
    const made = ReferenceSet.from(encoder, examples);
    const cases: [string, (set: ReferenceSet<string>) => unknown, string | RegExp][] = [
      ["a space that is not there", (set) => set.classify("x", { space: "label" }), 'has no label space "label". Did you mean "labels"?'],
      ["an option that is none", (set) => set.classify("x", { spase: "labels" } as object), 'has no option `spase`. Did you mean "space"?'],
      ["an id that is not there", async (set) => set.move("r99", "refund"), 'There is no reference "r99".'],
      [
        "an id that was removed",
        async (set) => ["r1", "r1"].map((id) => set.remove(id)),
        'Reference "r1" was removed; `undo` brings it back.',
      ],
      [
        "removing nothing that it knows of",
        async (set) => set.remove(undefined as never),
        "`ids` must be the id of a reference, or an array",
      ],
      ["no folder to save to", (set) => set.save(undefined as never), "`folder` must be a text that is not empty"],
      [
        "rules that are names",
        (set) => set.choose({ rules: ["logistic"] as never }),
        'choose.rules` must be an array of decision rules, such as [vote(), logistic()]; received "logistic"',
      ],
      ["a rule for rules", (set) => set.choose({ rules: nearest() as never }), "choose.rules` must be an array of decision rules"],
      ["removing everything", async (set) => set.remove(set.references.map(({ id }) => id)), "The last references can't be removed"],
      ["an id that is taken", (set) => set.add("x", "refund", { ids: ["r2"] }), 'Two references have the id "r2"'],
      [
        "an id that is taken, among others",
        (set) => set.add(["x", "y"], "refund", { ids: ["new", "new"] }),
        'Two references have the id "new"',
      ],
      ["an empty label", (set) => set.add("x", " "), "`label` must be a text that is not empty"],
      ["vectors of another size", async (set) => set.classifyVectors(new Float32Array(3)), "`vectors` must be a Float32Array of rows × 32"],
      ["vectors that are not finite", async (set) => set.classifyVectors(new Float32Array(32).fill(Number.NaN)), "number 0 is NaN"],
    ];
    it.each(cases)("%s", async (_, act, message) => {
      const set = await ReferenceSet.from(
        encoder,
        (await made).references.map(({ value, labels }) => ({ value: value!, label: labels[0]!.slice(7) })),
      );
      const error = await Promise.resolve()
        .then(() => act(set))
        .catch((reason: unknown) => reason);
      expect(QuaterionError.is(error)).toBe(true);
      expect((error as Error).message).toMatch(message);
      expect(set.references.filter(({ id }) => id === "new")).toEqual([]);
    });

    it("data without a label, and an example that is none", async () => {
      await expect(ReferenceSet.from(encoder, [])).rejects.toThrow("received an empty list");
      await expect(ReferenceSet.from(encoder, { ...twoSpaces(), labelsOf: () => [] })).rejects.toThrow(
        "received 13 values without a label",
      );
      await expect(ReferenceSet.from(encoder, ["x"] as never)).rejects.toThrow('`data[0]` must be { value, label }; received "x"');
      await expect(ReferenceSet.from(encoder, examples, { rule: "nearest" as never })).rejects.toThrow('must be "auto" or a decision rule');
    });

    it("a label whose space is not clear", async () => {
      const set = await ReferenceSet.from(encoder, twoSpaces());
      await expect(set.add("x", "refund")).rejects.toThrow('`label` must name its space, as in "assistant/refund"');
      expect(await set.add("x", "banking/refund")).toEqual(["r14"]);
      expect(await set.add("x", "new", { space: "banking" })).toEqual(["r15"]);
    });
  });
});
