import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process that answers each line of JSON with one that starts with "@". */
export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = "";

  constructor(command: string, args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env } });
    this.#child.stderr.on("data", (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-2000);
    });
    this.#child.on("error", (error) => {
      this.#errors += error.message;
    });
    this.#child.stdin.on("error", () => {});
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The next answer. @throws {Error} when the process ended, answered with an error, or did not answer in time */
  async answer<T>(timeoutMs = 180_000): Promise<T> {
    const timer = setTimeout(() => {
      this.#errors = `it did not answer in ${timeoutMs / 1000} s`;
      this.#child.kill();
    }, timeoutMs);
    try {
      return await this.#next<T>();
    } finally {
      clearTimeout(timer);
    }
  }

  async #next<T>(): Promise<T> {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(this.#errors.trim().split("\n").at(-1) || "the process ended");
      if (!value.startsWith("@")) continue;
      const answer = JSON.parse(value.slice(1)) as T & { error?: string };
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    }
  }

  ask<T>(request: object, timeoutMs?: number): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.answer<T>(timeoutMs);
  }

  end(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
