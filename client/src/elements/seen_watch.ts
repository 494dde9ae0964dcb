/** Half of it has to be visible for so long to count as seen. */
const SEEN_MS = 1_000;
/** How much of it is visible is told in such steps. */
const STEPS = Array.from({ length: 20 }, (_, i) => (i + 1) / 40);

/** Finds out which elements somebody has had the time to look at. */
export class SeenWatch {
  readonly #seen: (elements: readonly Element[]) => void;
  readonly #observer: IntersectionObserver;
  readonly #room: () => number;
  /** At least half visible, or as much of them as half of what there is room for. */
  readonly #visible = new Map<Element, number>();
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param seen hears once of each element that is watched
   * @param room how many pixels high what can be seen of them is
   */
  constructor(seen: (elements: readonly Element[]) => void, room: () => number) {
    this.#seen = seen;
    this.#room = room;
    this.#observer = new IntersectionObserver((entries) => this.#take(entries), {
      threshold: STEPS,
    });
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
    const enough = Math.max(1, this.#room() / 2);
    for (const { target, intersectionRatio, intersectionRect } of entries) {
      if (intersectionRatio < 0.5 && intersectionRect.height < enough) {
        this.#visible.delete(target);
      } else if (!this.#visible.has(target)) this.#visible.set(target, now);
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
