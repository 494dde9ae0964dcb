/**
 * Stands where a value was sent that can't be kept as it was sent. No schema takes it, so that the
 * field that holds it is refused, with this reason.
 */
export class Unkept {
  /** @param message what is wrong and what to do, such as "is there twice" */
  constructor(readonly message: string) {}
}

/** Reasons that more than one format knows. */
export const TWICE = new Unkept("is there twice");
export const HALF_CHARACTER = new Unkept(
  "holds half of a character: a text that was cut must not end inside one (a lone surrogate)",
);
export const TOO_MANY_DIGITS = new Unkept(
  "has more digits than a 64-bit float keeps: send it as a string",
);
export const TOO_LARGE_WHOLE = new Unkept(
  "is a whole number beyond 2^53: send it as a string",
);
export const NOT_FINITE = new Unkept("is no number that a 64-bit float holds: send it as a string");
