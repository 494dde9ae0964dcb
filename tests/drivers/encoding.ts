/** How devices of tests speak: as the subprotocol of the same name. */
export type Encoding = "bellwire.v1" | "bellwire.v1.cbor";

let used: Encoding = "bellwire.v1";

/**
 * From now on devices speak like this unless they are told otherwise. A test file that calls it and
 * then imports another one runs that one's tests over this encoding.
 */
export function speak(encoding: Encoding): void {
  used = encoding;
}

/** What devices speak now. */
export function spoken(): Encoding {
  return used;
}
