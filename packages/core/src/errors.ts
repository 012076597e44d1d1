const marker = Symbol.for("quaterion.error");

/** What a {@link QuaterionError} may carry beside its message. */
export interface QuaterionErrorOptions {
  cause?: unknown;
}

/**
 * Base of every error that Quaterion throws on purpose: a stable `code`, and a message that names what was wrong,
 * what was expected, what was received and how to mend it.
 */
export class QuaterionError extends Error {
  // Declared alone: the constructor makes it.
  declare readonly code: string;
  readonly [marker] = true;

  constructor(code: string, message: string, options?: QuaterionErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }

  /** Whether `value` is a QuaterionError, also when it comes from another copy of this package. */
  static is(value: unknown): value is QuaterionError {
    return !!(value as Partial<QuaterionError> | null | undefined)?.[marker];
  }
}

/** An argument or option has a wrong value. Code `INVALID_ARGUMENT`. */
export class InvalidArgumentError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("INVALID_ARGUMENT", message, options);
  }
}

/** Where in a user's data something is wrong. Rows count from 1, the header line included, as editors count lines. */
export interface DataPlace {
  file?: string;
  row?: number;
  column?: string;
}

/** The user's data cannot be used as it is. Code `INVALID_DATA`; the message begins with file, row and column where they are known. */
export class InvalidDataError extends QuaterionError {
  readonly place: DataPlace;

  constructor(message: string, place: DataPlace = {}, options?: QuaterionErrorOptions) {
    super("INVALID_DATA", `${placeText(place)}${message}`, options);
    this.place = place;
  }
}

/** Declared relations between labels contradict each other. Code `CONTRADICTION`; `chain` holds the declarations that clash, in order. */
export class ContradictionError extends QuaterionError {
  readonly chain: readonly string[];

  constructor(message: string, chain: readonly string[]) {
    super("CONTRADICTION", message);
    this.chain = chain;
  }
}

/** An optional library, file or model that is needed is not there. Code `NOT_FOUND`; the message says how to get it. */
export class NotFoundError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("NOT_FOUND", message, options);
  }
}

/** Stored data was written by another version or for something else. Code `INCOMPATIBLE`. */
export class IncompatibleError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("INCOMPATIBLE", message, options);
  }
}

/** Reading or writing a disk, database or network failed. Code `STORAGE`; what was stored before is intact. */
export class StorageError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("STORAGE", message, options);
  }
}

/** A number became NaN or infinite. Code `NON_FINITE`. */
export class NonFiniteError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("NON_FINITE", message, options);
  }
}

/** The caller's `AbortSignal` ended the work. Code `ABORTED`. */
export class AbortedError extends QuaterionError {
  constructor(message: string, options?: QuaterionErrorOptions) {
    super("ABORTED", message, options);
  }
}

function placeText({ file, row, column }: DataPlace): string {
  const parts = [file, row === undefined ? undefined : `row ${row}`, column === undefined ? undefined : `column "${column}"`];
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? "" : `${known.join(", ")}: `;
}
