// @ts-check
/** @import { Delivery, Published, Publisher } from "./publisher.js" */
import { copyTemplate, element, find } from "./dom.js";

/** So many answers stay on the page. */
const KEPT = 20;
/** So many recipients are named. */
const SHOWN = 5;

/** What was published from here: where it went, and what has become of it. */
export class Answers {
  #list;
  #publisher;

  /**
   * @param {HTMLElement} panel
   * @param {Publisher} publisher
   */
  constructor(panel, publisher) {
    this.#list = find(panel, ".answers", HTMLElement);
    this.#publisher = publisher;
    const lookup = find(panel, ".lookup", HTMLFormElement);
    lookup.addEventListener("submit", (event) => {
      event.preventDefault();
      const id = String(new FormData(lookup).get("id")).trim();
      const known = [...this.#list.children].find((line) =>
        find(line, "code", HTMLElement).textContent === id
      );
      const line = known instanceof HTMLElement ? known : this.#line(id, "Looked up", "");
      this.#list.prepend(line);
      void this.#tell(line, () => this.#status(id));
    });
  }

  /** @param {Published} published */
  add({ id, deliveries, sendAt, ms, isReplayed }) {
    const where = sendAt === undefined ? listed(deliveries.map(whereOf)) : scheduled(sendAt);
    const line = this.#line(id, where, `${ms.toFixed(1)} ms`);
    if (isReplayed) {
      find(line, ".answer-where", HTMLElement).append(
        element("span", { className: "chip", text: "replayed" }),
      );
    }
    this.#list.prepend(line);
    while (this.#list.childElementCount > KEPT) this.#list.lastElementChild?.remove();
  }

  /**
   * @param {string} id
   * @param {string} where
   * @param {string} time
   */
  #line(id, where, time) {
    const line = copyTemplate("answer");
    find(line, ".answer-where strong", HTMLElement).textContent = where;
    find(line, ".answer-ms", HTMLElement).textContent = time;
    find(line, "code", HTMLElement).textContent = id;
    const status = find(line, ".answer-status", HTMLButtonElement);
    const recall = find(line, ".answer-recall", HTMLButtonElement);
    for (const button of [status, recall]) {
      button.setAttribute("aria-label", `${button.textContent}: ${where}`);
    }
    status.addEventListener("click", () => void this.#tell(line, () => this.#status(id)));
    recall.addEventListener("click", () =>
      void this.#tell(line, async () => {
        await this.#publisher.recall(id);
        return "Recalled: nobody has it any more";
      }));
    return line;
  }

  /** @param {string} id */
  async #status(id) {
    const { state, deliveries, sendAt, next } = await this.#publisher.status(id);
    const what = state === "scheduled" && sendAt !== undefined ? scheduled(sendAt) : state;
    const where = deliveries.map((delivery) => whereOf(delivery) + readOf(delivery));
    return [what, ...where, ...next === null ? [] : ["and more"]].join(" · ");
  }

  /**
   * @param {HTMLElement} line
   * @param {() => Promise<string>} ask
   */
  async #tell(line, ask) {
    const told = find(line, ".answer-told", HTMLElement);
    line.ariaBusy = "true";
    const text = await ask().catch((error) => error.message);
    line.ariaBusy = "false";
    told.textContent = text;
  }
}

/** @param {string} sendAt */
function scheduled(sendAt) {
  return `scheduled for ${new Date(sendAt).toLocaleString()}`;
}

/** @param {string[]} places of up to a thousand recipients */
function listed(places) {
  const rest = places.length - SHOWN;
  return [...places.slice(0, SHOWN), ...rest > 0 ? [`${rest} more`] : []].join(", ");
}

/** @param {Delivery} delivery */
function whereOf({ stream, seq }) {
  return seq === null ? stream : `#${seq} in ${stream}`;
}

/** @param {Delivery} delivery */
function readOf({ seq, read }) {
  if (seq === null || read === undefined) return "";
  return read === null ? " gone" : read ? " read" : " unread";
}
