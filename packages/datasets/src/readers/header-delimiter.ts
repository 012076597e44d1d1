import { decodedFile } from "./decoded-file.js";

/** Characters that a header line may have, at most, to be looked at. */
const most = 100_000;

/** What separates the fields of a CSV file: a comma, unless its header line has none and has semicolons (as spreadsheets write in much of Europe) or tabs. */
export async function headerDelimiter(path: string, encoding: string): Promise<"," | ";" | "\t"> {
  let text = "";
  let header: string | undefined;
  for await (const piece of decodedFile(path, encoding)) {
    text += piece;
    const lines = text.replace(/"(?:[^"]|"")*("|$)/g, "").split(/[\r\n]+/); // what is in quotes separates nothing
    header = lines.find((line) => line !== "");
    if (lines.filter((line) => line !== "").length > 1 || text.length > most) break;
  }
  if (header === undefined || header.includes(",")) return ",";
  return header.includes(";") ? ";" : header.includes("\t") ? "\t" : ",";
}
