import { createInterface } from "node:readline";

/** What a worker does for a request, by the request's `command`. */
export type Commands = Readonly<Record<string, (request: never) => unknown>>;

/**
 * A worker's life: answers each line of JSON from standard input with one that starts with "@", an error as its message, until the input ends.
 * @param ready what is waited for first; lines that come meanwhile are kept
 */
export async function answerRequests(commands: Commands, ready: () => Promise<void> = async () => {}): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator](); // at once, so that no line is lost
  try {
    await ready();
  } catch (error) {
    say({ error: (error as Error).message });
    process.exit(1);
  }
  for await (const line of { [Symbol.asyncIterator]: () => lines }) {
    const request = JSON.parse(line);
    try {
      say(await commands[request.command]!(request as never));
    } catch (error) {
      say({ error: (error as Error).message });
    }
  }
  process.exit(0);
}

function say(answer: unknown): void {
  console.log(`@${JSON.stringify(answer)}`);
}
