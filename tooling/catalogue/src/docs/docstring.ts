/** An exported unit of a source file, and what its docstring says. */
export interface Docstring {
  readonly name: string;
  /** The code from `export` to the body: `const circle = defineRelationLoss`, `function hard(): Miner`. */
  readonly signature: string;
  /** The first sentence. */
  readonly what: string;
  /** The second sentence. */
  readonly formula: string;
  /** When to use it: what follows "Use it". */
  readonly use: string;
  /** The last paragraph, where it names a year, or says that there is no paper. */
  readonly source: string;
}

const unit = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport ((?:const|function) (\w+)[\s\S]*?)[{;]\n/g;

/** Reads the docstrings of what a file exports. */
export function docstrings(source: string): Docstring[] {
  return [...source.matchAll(unit)].map(([, comment, signature, name]) => ({
    name: name!,
    signature: signature!,
    ...partsOf(comment!),
  }));
}

function partsOf(comment: string): Pick<Docstring, "what" | "formula" | "use" | "source"> {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const tag = lines.findIndex((line) => line.startsWith("@"));
  // A line that begins with "Use it" begins a paragraph.
  const text = lines.slice(0, tag < 0 ? undefined : tag).flatMap((line) => (line.startsWith("Use it ") ? ["", line] : [line]));
  const paragraphs = text
    .join("\n")
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll("\n", " ").trim())
    .filter((paragraph) => paragraph !== "");
  const use = paragraphs.find((paragraph) => paragraph.startsWith("Use it ")) ?? "";
  const last = paragraphs.length > 1 ? paragraphs.at(-1)! : "";
  const [what = "", formula = ""] = sentences(paragraphs[0] ?? "");
  const isSource = last !== use && /\b(19|20)\d\d\b|no paper/.test(last);
  return { what, formula, use: use.replace("Use it ", ""), source: isSource ? last : "" };
}

/** Sentences of a paragraph; a full stop within brackets ends none. */
export function sentences(paragraph: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < paragraph.length; i++) {
    if ("([{".includes(paragraph[i]!)) depth++;
    else if (")]}".includes(paragraph[i]!)) depth--;
    else if (paragraph[i] === "." && depth === 0 && /^\.( |$)/.test(paragraph.slice(i)) && !/\b(eq|al|vs)$/.test(paragraph.slice(0, i))) {
      found.push(paragraph.slice(from, i + 1).trim());
      from = i + 1;
    }
  }
  if (paragraph.slice(from).trim() !== "") found.push(paragraph.slice(from).trim());
  return found;
}
