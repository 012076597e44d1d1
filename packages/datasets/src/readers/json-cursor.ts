const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [34, 92, 91, 93, 123, 125];

/**
 * Walks over a JSON text that comes in pieces, value by value, and holds no more of it than the value at hand.
 * It finds where values end; whether they are JSON is for `JSON.parse` to say.
 */
export class JsonCursor {
  readonly #pieces: AsyncIterator<string>;
  #text = "";
  #at = 0;
  /** Line of the next character, counted from 1. */
  line = 1;

  constructor(pieces: AsyncIterable<string>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next character that is no white space, not yet taken; "" at the end. */
  async peek(): Promise<string> {
    for (;;) {
      for (; this.#at < this.#text.length; this.#at++) {
        const code = this.#text.charCodeAt(this.#at);
        if (code === 10) this.line++;
        else if (code !== 32 && code !== 9 && code !== 13) return this.#text[this.#at]!;
      }
      this.#text = "";
      this.#at = 0;
      if (!(await this.#more())) return "";
    }
  }

  /** Takes the character that {@link peek} showed. */
  take(): void {
    this.#at++;
  }

  /** Takes the next value and gives its text, however broken; one that is not kept gives "". */
  async value(keep = true): Promise<string> {
    const first = await this.peek();
    const kept: string[] = [];
    let depth = 0;
    let inText = false;
    let escaped = false;
    // A number, a name, or what is none of the values of JSON, ends where something else begins.
    const bare = first !== '"' && first !== "[" && first !== "{";
    for (let started = false; ; ) {
      const text = this.#text;
      let at = this.#at;
      let ended = false;
      for (; at < text.length && !ended; at++) {
        const code = text.charCodeAt(at);
        if (code === 10) this.line++;
        if (bare) {
          // "," ":" "]" "}" and white space
          if (started && (code <= 32 || code === 44 || code === 58 || code === closeBracket || code === closeBrace)) {
            if (code === 10) this.line--;
            ended = true;
            at--;
          }
        } else if (inText) {
          if (escaped) escaped = false;
          else if (code === backslash) escaped = true;
          else if (code === quote) {
            inText = false;
            ended = depth === 0;
          }
        } else if (code === quote) inText = true;
        else if (code === openBracket || code === openBrace) depth++;
        else if (code === closeBracket || code === closeBrace) ended = --depth === 0;
        started = true;
      }
      if (keep) kept.push(text.slice(this.#at, at));
      this.#at = at;
      if (ended || !(await this.#more())) return kept.join("");
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** Replaces what was taken by the next piece. */
  async #more(): Promise<boolean> {
    const { value, done } = await this.#pieces.next();
    if (done) return false;
    this.#text = value;
    this.#at = 0;
    return true;
  }
}
