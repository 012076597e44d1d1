const utf8 = new TextEncoder();

/** The content of a text as bytes: UTF-8. */
export function textKey(text: string): Uint8Array {
  return utf8.encode(text);
}
