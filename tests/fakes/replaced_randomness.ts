import type { SeededRandom } from "../simulation/support/seeded_random.ts";

/** Has whatever the service leaves to chance decided by `random`, until it is disposed of. */
export function replaceRandomness(random: SeededRandom): Disposable {
  const { random: machine } = Math;
  Math.random = random.next;
  crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    if (array instanceof Uint8Array) {
      for (let i = 0; i < array.length; i++) array[i] = random.integer(0, 255);
    }
    return array;
  };
  return {
    [Symbol.dispose]() {
      Math.random = machine;
      Reflect.deleteProperty(crypto, "getRandomValues");
    },
  };
}
