/** Byte arrays from this size on are kept by reference until the end, not copied into the message under way. */
const largeBytes = 4096;
const textEncoder = new TextEncoder();

/** Writes one protobuf message; nested messages are writers of their own. Fields are those of proto3: varint, length-delimited, 32-bit. */
export class MessageWriter {
  private readonly done: Uint8Array[] = [];
  private current = new Uint8Array(64);
  private used = 0;
  private doneBytes = 0;

  /** Bytes written so far. */
  get size(): number {
    return this.doneBytes + this.used;
  }

  /** An integer field; negative numbers take ten bytes, as protobuf's int64 does. */
  integer(field: number, value: number | bigint): this {
    this.tag(field, 0);
    this.varint(value);
    return this;
  }

  /** A 32-bit float field. */
  float(field: number, value: number): this {
    this.tag(field, 5);
    this.reserve(4);
    new DataView(this.current.buffer).setFloat32(this.used, value, true);
    this.used += 4;
    return this;
  }

  /** A UTF-8 string field. */
  string(field: number, value: string): this {
    return this.bytes(field, textEncoder.encode(value));
  }

  /** A field of raw bytes; the array must not change before {@link finish}. */
  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2);
    this.varint(value.length);
    this.append(value);
    return this;
  }

  /** A nested message. */
  message(field: number, child: MessageWriter): this {
    this.tag(field, 2);
    this.varint(child.size);
    for (const part of child.done) this.append(part);
    this.append(child.current.subarray(0, child.used));
    return this;
  }

  /** The bytes of the whole message. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.done) {
      bytes.set(part, offset);
      offset += part.length;
    }
    bytes.set(this.current.subarray(0, this.used), offset);
    return bytes;
  }

  private tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  private varint(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === "number" && value >= 0 && value < 2 ** 31) {
      let rest = value;
      while (rest > 127) {
        this.current[this.used++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      this.current[this.used++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      this.current[this.used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.current[this.used++] = Number(rest);
  }

  private append(value: Uint8Array): void {
    if (value.length >= largeBytes) {
      if (this.used > 0) this.done.push(this.current.slice(0, this.used));
      this.doneBytes += this.used + value.length;
      this.used = 0;
      this.done.push(value);
      return;
    }
    this.reserve(value.length);
    this.current.set(value, this.used);
    this.used += value.length;
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.current.length) return;
    const larger = new Uint8Array(Math.max(this.current.length * 2, this.used + bytes));
    larger.set(this.current.subarray(0, this.used));
    this.current = larger;
  }
}
