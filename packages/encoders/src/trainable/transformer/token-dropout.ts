import type { Random } from "@quaterion/core";
import type { Tokens } from "../../text/text-tokenizer.js";

/**
 * A text as a step of training reads it: each token left out with probability `rate`, so that no text is seen twice alike and none can be known by a single
 * word. What a model adds at both ends stays, and one token between them.
 *
 * Word dropout: Iyyer, Manjunatha, Boyd-Graber & Daumé, "Deep unordered composition rivals syntactic methods for text classification", ACL 2015, section 3.1;
 * of tokens in contrastive learning ("token cutoff"): Yan et al., "ConSERT", ACL 2021.
 * @param first tokens at the start that stay: of the model, and of a prompt
 */
export function withoutSomeTokens(tokens: Tokens, rate: number, first: number, random: Random): Tokens {
  const { ids, types, cut } = tokens;
  const last = ids.length - 1;
  if (last - first < 2) return tokens; // one token or none
  const kept: number[] = [];
  const spared = first + random.integer(last - first);
  for (let place = 0; place < ids.length; place++) {
    const within = place >= first && place < last;
    if (!within || random.uniform() >= rate || place === spared) kept.push(place);
  }
  return { ids: kept.map((place) => ids[place]!), types: types && kept.map((place) => types[place]!), cut };
}
