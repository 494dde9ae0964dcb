// @ts-check
/** @import { Access } from "./access.js" */
/** @import { Answers } from "./answers.js" */
/** @import { Call } from "./publication.js" */
/** @import { Publisher } from "./publisher.js" */
import { copyOnClick } from "./copy.js";
import { curlCommand } from "./curl.js";
import { element, find } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { numbered, parseJson, readPublication } from "./publication.js";
import { CallFailed } from "./publisher.js";

/** The form that publishes, and how to do the same from a shell. */
export class PublishPanel {
  #access;
  #publisher;
  #answers;
  #form;
  #to;
  #kind;
  #failure;
  #curl;

  /**
   * @param {ParentNode} page
   * @param {object} options
   * @param {Access} options.access
   * @param {Publisher} options.publisher
   * @param {Answers} options.answers
   */
  constructor(page, { access, publisher, answers }) {
    this.#access = access;
    this.#publisher = publisher;
    this.#answers = answers;
    const form = this.#form = find(page, ".publish form", HTMLFormElement);
    this.#to = find(form, "[name=to]", HTMLInputElement);
    this.#kind = find(form, "[name=kind]", HTMLSelectElement);
    this.#failure = find(page, ".failure", HTMLElement);
    this.#curl = find(page, ".curl", HTMLElement);
    this.#kind.addEventListener("change", () => this.#suggestRecipient());
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("click", ({ target }) => {
      const name = target instanceof HTMLElement ? target.dataset["example"] : undefined;
      if (name !== undefined) this.#fill(EXAMPLES[name] ?? {});
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { submitter } = event;
      const count = submitter instanceof HTMLButtonElement ? Number(submitter.value) : 1;
      void this.#publish(count);
    });
    find(form, ".new-key", HTMLButtonElement).addEventListener("click", () => {
      find(form, "[name=idempotencyKey]", HTMLInputElement).value = crypto.randomUUID();
      this.#changed();
    });
    access.addEventListener("change", () => this.#showCurl());
    copyOnClick(find(page, ".copy", HTMLButtonElement), () => this.#command());
    this.#suggestRecipient();
    this.#changed();
  }

  /** Publishes to the user of the page, whoever that is by now, where it goes to users at all. */
  address() {
    if (this.#kind.value.startsWith("user")) this.#suggestRecipient();
  }

  #suggestRecipient() {
    const { user } = this.#access;
    this.#to.disabled = this.#kind.value === "everyone";
    this.#to.value = { user, users: `${user}, grace`, topic: "news" }[this.#kind.value] ?? "";
    this.#showCurl();
  }

  /** @param {Record<string, string>} values by name; all other fields become as they were */
  #fill(values) {
    for (const field of this.#fields()) {
      const untold = field.name === "kind" ? "user" : field.name === "priority" ? "normal" : "";
      if (field !== this.#to) field.value = values[field.name] ?? untold;
    }
    for (const details of this.#form.querySelectorAll("details")) {
      const names = [...details.querySelectorAll("[name]")].map((field) =>
        field.getAttribute("name")
      );
      details.open = names.some((name) => values[name ?? ""] !== undefined);
    }
    this.#suggestRecipient();
    this.#changed();
    this.#complain(undefined);
  }

  #changed() {
    const data = find(this.#form, "[name=data]", HTMLTextAreaElement);
    const isBad = data.value.trim() !== "" && parseJson(data.value) === undefined;
    data.setCustomValidity(isBad ? "This is no JSON" : "");
    this.#showCurl();
  }

  /** @param {number} count */
  async #publish(count) {
    // An impatient second click would publish once more.
    if (this.#form.ariaBusy === "true") return;
    this.#form.ariaBusy = "true";
    this.#complain(undefined);
    try {
      for (const call of numbered(this.#read(), count)) {
        this.#answers.add(await this.#publisher.publish(call));
      }
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#form.ariaBusy = "false";
    }
  }

  /** @param {unknown} error undefined takes back what was said before */
  #complain(error) {
    const issues = error instanceof CallFailed ? error.issues : [];
    const wrong = new Set(issues.map(({ path }) => path.split(".")[0] === "to" ? "to" : path));
    for (const field of this.#fields()) {
      if (!wrong.has(field.name)) field.removeAttribute("aria-invalid");
      else {
        field.setAttribute("aria-invalid", "true");
        field.closest("details")?.setAttribute("open", "");
      }
    }
    this.#failure.hidden = error === undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.#failure.replaceChildren(
      element("p", { text: error === undefined ? "" : message }),
      ...issues.map(({ path, message }) => element("p", { text: `${path} ${message}` })),
    );
  }

  /** @returns {(HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[]} */
  #fields() {
    return [...this.#form.querySelectorAll(
      /** @type {"input"} */ ("input[name], select[name], textarea[name]"),
    )];
  }

  /** @returns {Call} */
  #read() {
    return readPublication(new FormData(this.#form));
  }

  #command() {
    return curlCommand(this.#publisher.request(this.#read()));
  }

  #showCurl() {
    this.#curl.textContent = this.#command();
  }
}
