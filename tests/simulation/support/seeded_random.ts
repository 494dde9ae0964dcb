/** Randomness that comes out the same for the same seed (xorshift128 by G. Marsaglia, 2003). */
export class SeededRandom {
  #state: [number, number, number, number];

  constructor(seed: number) {
    // SplitMix32 spreads seeds that lie close together; an all-zero state would stay zero.
    let s = seed | 0;
    const mix = () => {
      s = (s + 0x9e3779b9) | 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) | 1;
    };
    this.#state = [mix(), mix(), mix(), mix()];
  }

  /** At least 0 and less than 1, like `Math.random`. */
  readonly next = (): number => {
    const [x, y, z, w] = this.#state;
    const t = x ^ (x << 11);
    const newest = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    this.#state = [y, z, w, newest];
    return (newest >>> 0) / 0x1_0000_0000;
  };

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** One of the keys of `weights`, each as likely as its weight says; `otherwise` if all are 0. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>, otherwise: K): K {
    const entries = Object.entries(weights) as [K, number][];
    let at = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      if (at < weight) return key;
      at -= weight;
    }
    return otherwise;
  }
}
