// @ts-check
/** @import { Access } from "./access.js" */
/** @import { Publication } from "./publication.js" */
/** @import { Published } from "./publish.js" */
import { copyOnClick } from "./copy.js";
import { curlCommand } from "./curl.js";
import { element, find } from "./dom.js";
import { numbered, readPublication } from "./publication.js";
import { publish, PublishFailed } from "./publish.js";

/** So many answers stay on the page. */
const ANSWERS = 5;

/** The form that publishes: what the service answered, and how to do the same from a shell. */
export class PublishPanel {
  #access;
  #form;
  #user;
  #answers;
  #failure;
  #curl;

  /**
   * @param {HTMLElement} panel
   * @param {Access} access
   */
  constructor(panel, access) {
    this.#access = access;
    this.#form = find(panel, "form", HTMLFormElement);
    this.#user = find(panel, "[name=user]", HTMLInputElement);
    this.#answers = find(panel, ".answers", HTMLElement);
    this.#failure = find(panel, ".failure", HTMLElement);
    this.#curl = find(panel, ".curl", HTMLElement);
    this.#user.value = access.user;
    const kind = find(panel, "[name=kind]", HTMLSelectElement);
    kind.addEventListener("change", () => {
      this.#user.disabled = kind.value === "everyone";
      this.#user.value = { user: access.user, users: `${access.user}, grace`, topic: "news" }[
        kind.value
      ] ?? "";
    });
    this.#form.addEventListener("input", () => this.#showCurl());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { submitter } = event;
      const count = submitter instanceof HTMLButtonElement ? Number(submitter.value) : 1;
      void this.#publish(count);
    });
    access.addEventListener("change", () => this.#showCurl());
    copyOnClick(find(panel, ".copy", HTMLButtonElement), () => this.#command());
    this.#showCurl();
  }

  /** @param {string} user whom to publish to from now on */
  address(user) {
    this.#user.value = user;
    this.#showCurl();
  }

  /** @param {number} count */
  async #publish(count) {
    // An impatient second click would publish once more.
    if (this.#form.ariaBusy === "true") return;
    this.#busy(true);
    this.#complain(undefined);
    try {
      for (const publication of numbered(this.#read(), count)) {
        this.#answer(await this.#publishOne(publication));
      }
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#busy(false);
    }
  }

  /** @param {Publication} publication */
  async #publishOne(publication) {
    const { publisherKey } = this.#access;
    try {
      return await publish(publication, publisherKey);
    } catch (error) {
      if (!(error instanceof PublishFailed) || error.status !== 401) throw error;
      // The service was started anew on other data, and has another key now.
      const renewed = await this.#access.renew();
      return await publish(publication, renewed.publisherKey);
    }
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#form.ariaBusy = String(busy);
  }

  /** @param {Published} published */
  #answer({ id, deliveries = [], ms }) {
    const line = element("li", { className: "answer" });
    const where = deliveries.map(({ stream, seq }) => `#${seq} in ${stream}`).join(", ") ||
      "scheduled";
    line.append(
      element("strong", { text: where }),
      element("span", { className: "answer-ms", text: `${ms.toFixed(1)} ms` }),
      element("code", { className: "answer-id", text: id }),
    );
    this.#answers.prepend(line);
    while (this.#answers.childElementCount > ANSWERS) this.#answers.lastElementChild?.remove();
  }

  /** @param {unknown} error undefined takes back what was said before */
  #complain(error) {
    const issues = error instanceof PublishFailed ? error.issues : [];
    const wrong = new Set(issues.map(({ path }) => path.startsWith("to") ? "user" : path));
    for (const field of this.#form.querySelectorAll("[name]")) {
      if (wrong.has(field.getAttribute("name") ?? "")) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
    this.#failure.hidden = error === undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.#failure.replaceChildren(
      element("p", { text: error === undefined ? "" : message }),
      ...issues.map(({ path, message }) => element("p", { text: `${path} ${message}` })),
    );
  }

  #read() {
    return readPublication(new FormData(this.#form));
  }

  #command() {
    return curlCommand({
      url: `${location.origin}/v1/notifications`,
      key: this.#access.publisherKey,
      body: this.#read(),
    });
  }

  #showCurl() {
    this.#curl.textContent = this.#command();
  }
}
