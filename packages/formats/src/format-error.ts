/** What @quaterion/core marks its errors with: `QuaterionError.is` knows this one too, which needs no other package. */
const marker = Symbol.for("quaterion.error");

/** What kind of file was wrong: stable strings that a program may compare. */
export type FormatErrorCode = "INVALID_ONNX_MODEL" | "INVALID_SAFETENSORS" | "INVALID_TENSOR";

/** A file, or a description of one, that breaks its format's rules; `code` says which format, the message which rule, where, and what was found. */
export class FormatError extends Error {
  readonly code: FormatErrorCode;
  readonly [marker] = true;

  constructor(code: FormatErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FormatError";
    this.code = code;
  }
}
