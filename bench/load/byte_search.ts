const encoder = new TextEncoder();

/** A text to look for in bytes. */
export function needle(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The index of the byte behind the first `wanted` in `bytes`; -1 where there is none. */
export function after(bytes: Uint8Array, wanted: Uint8Array): number {
  const last = bytes.length - wanted.length;
  const first = wanted[0];
  for (let at = 0; at <= last; at++) {
    if (bytes[at] !== first) continue;
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at + wanted.length;
  }
  return -1;
}

/**
 * The unsigned number right behind the first `wanted` in `bytes`; `undefined` where there is none.
 * A frame is searched like this in a fraction of the time that decoding and parsing it takes, and
 * the generator shares its processors with the server it measures.
 */
export function numberAfter(bytes: Uint8Array, wanted: Uint8Array): number | undefined {
  const start = after(bytes, wanted);
  if (start === -1) return undefined;
  let value = 0;
  let at = start;
  for (; at < bytes.length; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return at === start ? undefined : value;
}
