/** Half of it has to be visible for so long to count as seen. */
const SEEN_MS = 1_000;

/** Finds out which elements somebody has had the time to look at. */
export class SeenWatch {
  readonly #seen: (elements: readonly Element[]) => void;
  readonly #observer: IntersectionObserver;
  /** At least half visible. */
  readonly #visible = new Map<Element, number>();
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seen hears once of each element that is watched */
  constructor(seen: (elements: readonly Element[]) => void) {
    this.#seen = seen;
    this.#observer = new IntersectionObserver((entries) => this.#take(entries), { threshold: 0.5 });
    document.addEventListener("visibilitychange", () => this.#look(), {
      signal: this.#abort.signal,
    });
  }

  watch(element: Element): void {
    this.#observer.observe(element);
  }

  unwatch(element: Element): void {
    this.#observer.unobserve(element);
    this.#visible.delete(element);
  }

  stop(): void {
    this.#observer.disconnect();
    this.#abort.abort();
    this.#visible.clear();
    clearTimeout(this.#timer);
  }

  #take(entries: readonly IntersectionObserverEntry[]): void {
    const now = performance.now();
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio < 0.5) this.#visible.delete(target);
      else if (!this.#visible.has(target)) this.#visible.set(target, now);
    }
    this.#wait();
  }

  /** While a page is hidden nobody looks at it, though its elements intersect the viewport. */
  #look(): void {
    const now = performance.now();
    for (const element of this.#visible.keys()) this.#visible.set(element, now);
    this.#wait();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#visible.size === 0 || document.visibilityState === "hidden") return;
    const first = Math.min(...this.#visible.values());
    this.#timer = setTimeout(() => this.#due(), Math.max(0, first + SEEN_MS - performance.now()));
  }

  #due(): void {
    const latest = performance.now() - SEEN_MS;
    const seen = [...this.#visible].filter(([, since]) => since <= latest).map(([it]) => it);
    for (const element of seen) this.unwatch(element);
    if (seen.length > 0) this.#seen(seen);
    this.#wait();
  }
}
