/** A piece of text and the logarithm of its probability; `null` counts as 0. The position in the vocabulary is the token. */
export type VocabularyEntry = readonly [piece: string, score: number | null];

/** Text → tokens. */
export type UnigramTokenizer = (text: string) => number[];

interface Branch {
  readonly next: Map<string, Branch>;
  token?: number;
}

/** U+2581: stands for a space. */
const separator = "▁";
const unknown = 0;

/**
 * The tokenizer of Universal Sentence Encoder Lite: the most probable way to write a text as pieces of the vocabulary, by Viterbi's algorithm.
 *
 * The text is brought to compatibility form (NFKC), gets a "▁" in front, and each space becomes "▁". A character where no piece begins is unknown
 * (token 0); unknown characters in a row are one token. The first `reserved` pieces (unknown, control tokens) match no text.
 *
 * Kudo, "Subword regularization: improving neural network translation models with multiple subword candidates", ACL 2018, section 3.2. Like the
 * tokenizer of TensorFlow.js that the model is used with, and unlike SentencePiece, a place that no piece reaches has score 0.
 */
export function unigramTokenizer(vocabulary: readonly VocabularyEntry[], reserved = 6): UnigramTokenizer {
  const root: Branch = { next: new Map() };
  for (const [token, [piece]] of vocabulary.entries()) if (token >= reserved) branchOf(root, piece).token = token;
  const lengths = vocabulary.map(([piece]) => [...piece].length);

  return (text) => {
    if (text === "") return [];
    const symbols = [...`${separator}${text.normalize("NFKC").replaceAll(" ", separator)}`];
    const best = new Float64Array(symbols.length + 1); // the best score of any way to write the first i symbols; 0: none was found yet
    const last = new Int32Array(symbols.length + 1); // the piece that this way ends with
    const reach = (end: number, token: number, score: number) => {
      if (best[end] !== 0 && score < best[end]!) return;
      best[end] = score;
      last[end] = token;
    };
    for (let start = 0; start < symbols.length; start++) {
      let found = false;
      let branch = root.next.get(symbols[start]!);
      for (let end = start + 1; branch !== undefined; branch = branch.next.get(symbols[end] ?? ""), end++) {
        if (branch.token === undefined) continue;
        reach(end, branch.token, best[start]! + (vocabulary[branch.token]![1] ?? 0));
        found = true;
      }
      if (!found) reach(start + 1, unknown, best[start]!);
    }
    const tokens: number[] = [];
    for (let end = symbols.length; end > 0; end -= last[end] === unknown ? 1 : lengths[last[end]!]!) {
      if (last[end] !== unknown || tokens.at(-1) !== unknown) tokens.push(last[end]!);
    }
    return tokens.reverse();
  };
}

function branchOf(root: Branch, piece: string): Branch {
  let branch = root;
  for (const symbol of piece) {
    const next = branch.next.get(symbol) ?? { next: new Map() };
    branch.next.set(symbol, next);
    branch = next;
  }
  return branch;
}
