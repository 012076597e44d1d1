/** What @quaterion/core marks its errors with: `QuaterionError.is` knows this one too, which needs no other package. */
const marker = Symbol.for("quaterion.error");

/** What went wrong: stable strings that a program may compare. */
export type BackendErrorCode =
  | "BINDING_MISSING"
  | "INVALID_OPTION"
  | "DEVICE_UNAVAILABLE"
  | "COMPILE_FAILED"
  | "RUN_FAILED"
  | "OUT_OF_MEMORY"
  | "READ_WHILE_TRACING"
  | "NOT_TRACEABLE"
  | "INVALID_ARGUMENT";

/** An error of this backend; `code` says which kind, the message which TensorFlow.js operation, what was found, and what to do. */
export class BackendError extends Error {
  readonly code: BackendErrorCode;
  readonly [marker] = true;

  constructor(code: BackendErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BackendError";
    this.code = code;
  }
}
