import type { Notification } from "../notification.ts";
import type { Bell } from "../types.ts";
import { setText } from "./dom.ts";
import type { Texts } from "./texts.ts";

/** As much that arrives together is said together. */
const GATHER_MS = 700;

/** Who speaks for a bell: of several elements on a page only the first one does. */
const speakers = new WeakMap<Bell, Announcer[]>();

/** Has screen readers say what has arrived. */
export class Announcer {
  readonly #region: HTMLElement;
  readonly #texts: () => Texts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #arrived: Notification[] = [];

  /** @param region an element with the role `status` */
  constructor(region: HTMLElement, texts: () => Texts) {
    this.#region = region;
    this.#texts = texts;
  }

  /** @returns ends it */
  follow(bell: Bell): () => void {
    const line = speakers.get(bell) ?? [];
    speakers.set(bell, line);
    line.push(this);
    const stop = bell.on("notification", (notification, { live }) => {
      if (!live || line[0] !== this) return;
      this.#arrived.push(notification);
      this.#timer ??= setTimeout(() => this.#say(), GATHER_MS);
    });
    return () => {
      stop();
      line.splice(line.indexOf(this), 1);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#arrived = [];
      setText(this.#region, "");
    };
  }

  #say(): void {
    this.#timer = undefined;
    const newest = this.#arrived.at(-1);
    if (newest) {
      this.#region.textContent = this.#texts().arrived(this.#arrived.length, newest.title);
    }
    this.#arrived = [];
  }
}
