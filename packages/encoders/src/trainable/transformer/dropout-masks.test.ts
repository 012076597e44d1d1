import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { dropoutMasks } from "./dropout-masks.js";
import { readTransformerConfig, type TransformerKind } from "./transformer-config.js";

const config = (kind: TransformerKind) =>
  readTransformerConfig(
    kind === "distilbert"
      ? { model_type: kind, dim: 32, n_heads: 4, n_layers: 3, hidden_dim: 64, vocab_size: 100, max_position_embeddings: 64 }
      : {
          model_type: kind,
          hidden_size: 32,
          num_attention_heads: 4,
          num_hidden_layers: 3,
          intermediate_size: 64,
          vocab_size: 100,
          max_position_embeddings: 64,
          type_vocab_size: 2,
        },
    "test",
  );
const draw = (seed: number, from = -1, rates = { states: 0.1, attention: 0.25 }, kind: TransformerKind = "bert") =>
  dropoutMasks(config(kind), rates, 5, 20, from, new Random(seed));

describe("dropoutMasks", () => {
  it("drops the shares asked for, all else stays", () => {
    for (const [place, { data, shape }] of Object.entries(draw(1))) {
      const rate = place.endsWith(".attention") ? 0.25 : 0.1;
      expect(shape.reduce((size, each) => size * each, 1)).toBe(data.length);
      const dropped = data.filter((value) => value === 0).length / data.length;
      // Four standard deviations.
      expect(Math.abs(dropped - rate), place).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / data.length));
      expect(data).toBeInstanceOf(Uint8Array);
      expect([...new Set(data)].sort()).toEqual([0, 1]);
    }
  });

  it("draws no neighbour alike: masks of places, and numbers beside each other, are independent", () => {
    const masks = Object.values(draw(2, -1, { states: 0.5, attention: 0.5 }));
    const agreement = (a: ArrayLike<number>, b: ArrayLike<number>, lag: number) => {
      let same = 0;
      const size = Math.min(a.length, b.length) - lag;
      for (let i = 0; i < size; i++) if ((a[i] === 0) === (b[i + lag] === 0)) same++;
      return [same / size, size] as const;
    };
    const pairs = [[masks[0]!, masks[1]!, 0] as const, ...[1, 2, 3, 20, 32].map((lag) => [masks[0]!, masks[0]!, lag] as const)];
    for (const [a, b, lag] of pairs) {
      const [share, size] = agreement(a.data, b.data, lag);
      expect(Math.abs(share - 0.5), `lag ${lag}`).toBeLessThan(4 / (2 * Math.sqrt(size)));
    }
  });

  it("is the same for the same state of the generator, and another after it", () => {
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    const random = new Random(3);
    const next = () => dropoutMasks(config("bert"), { states: 0.1, attention: 0 }, 2, 9, -1, random);
    expect(next()).not.toEqual(next());
  });

  it("has places only where the kind has dropout, and from the lowest trained layer on", () => {
    expect(Object.keys(draw(1)).length).toBe(1 + 3 * 3);
    expect(Object.keys(draw(1, -1, undefined, "distilbert")).length).toBe(1 + 3 * 2);
    expect(Object.keys(draw(1, 2))).toEqual(["dropout.2.attention", "dropout.2.attentionOutput", "dropout.2.output"]);
    expect(draw(1, -1, { states: 0, attention: 0 })).toEqual({});
  });
});
