/** Makes a new id with each call. */
export type NewId = () => string;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const POOL_BYTES = 4096;
const COUNTER_END = 0x1000;
const COUNTER_START_MASK = 0x7ff;

/**
 * Makes a generator of UUIDv7 that is strictly increasing, also when the clock stands still or steps
 * back: the 12 bits after the time are a counter with a random start (RFC 9562, 6.2, method 1);
 * when it runs over, the time moves on by a millisecond. The other 62 bits are random.
 *
 * @param options `now`: milliseconds since the epoch; `fill`: fills the bytes with randomness
 *
 * @example
 * ```ts
 * const newId = createNewId();
 * newId() < newId(); // true
 * ```
 */
export function createNewId(
  { now = Date.now, fill = (bytes) => crypto.getRandomValues(bytes) }: {
    now?: () => number;
    fill?: (bytes: Uint8Array<ArrayBuffer>) => void;
  } = {},
): NewId {
  // One call for many ids: asking for 10 random bytes costs as much as asking for thousands.
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  let time = 0;
  let counter = 0;

  return () => {
    if (used + 10 > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    const at = used;
    used += 10;
    const byte = (offset: number) => pool[at + offset] ?? 0;

    const clock = Math.floor(now());
    if (clock > time) {
      time = clock;
      counter = ((byte(8) << 8) | byte(9)) & COUNTER_START_MASK;
    } else if (++counter === COUNTER_END) {
      time += 1;
      counter = ((byte(8) << 8) | byte(9)) & COUNTER_START_MASK;
    }

    const ms = time.toString(16).padStart(12, "0");
    return ms.slice(0, 8) + "-" + ms.slice(8) +
      "-7" + counter.toString(16).padStart(3, "0") +
      "-" + HEX[(byte(0) & 0x3f) | 0x80] + HEX[byte(1)] +
      "-" + HEX[byte(2)] + HEX[byte(3)] + HEX[byte(4)] + HEX[byte(5)] + HEX[byte(6)] + HEX[byte(7)];
  };
}

/**
 * When a UUIDv7 was made; later than that where its maker's clock had been ahead, as ids only ever rise.
 *
 * @returns milliseconds since the epoch
 */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
