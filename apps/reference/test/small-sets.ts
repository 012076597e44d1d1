import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Two sets of a few lines whose labels do not match, in a new folder. */
export async function smallSets(): Promise<{ folder: string; bank: string; home: string }> {
  const folder = await mkdtemp(join(tmpdir(), "quaterion-app-"));
  const sets = {
    bank: {
      lost_card: [
        "i lost my card",
        "my card was stolen",
        "someone took my bank card",
        "the card fell out of my pocket",
        "my wallet and card are gone",
        "card stolen on the train",
      ],
      exchange: [
        "how much is a euro in dollars",
        "exchange rate for pounds",
        "convert yen to euro",
        "what do i get for 100 dollars",
        "rate of the pound today",
        "dollars into francs please",
      ],
      transfer: [
        "send money to my sister",
        "transfer fifty to savings",
        "pay the rent to my landlord",
        "move cash between accounts",
        "wire money abroad",
        "send tom twenty",
      ],
    },
    home: {
      lights: [
        "turn on the lamp",
        "lights off in the kitchen",
        "dim the bedroom light",
        "it is too dark in here",
        "switch the hall light on",
        "brighter please",
      ],
      music: ["play some jazz", "next song please", "put on the radio", "stop the music", "play my evening playlist", "louder music"],
      heating: ["make it warmer"], // one example: nothing to compare it with, and no reason to stop
      money: [
        "what is in my account",
        "send money to mum",
        "what is a dollar in euro",
        "my card is gone",
        "pay my rent",
        "how much is the pound",
      ],
    },
  };
  for (const [set, labels] of Object.entries(sets)) {
    await mkdir(join(folder, set));
    const lines = (from: number, to: number) =>
      `text,label\n${Object.entries(labels)
        .flatMap(([label, texts]) => texts.slice(from, to).map((text) => `${text},${label}`))
        .join("\n")}\n`;
    await writeFile(join(folder, set, "train.csv"), lines(0, 4));
    await writeFile(join(folder, set, "test.csv"), lines(4, 6));
  }
  return { folder, bank: join(folder, "bank"), home: join(folder, "home") };
}
