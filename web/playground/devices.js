// @ts-check
/** @import { Access } from "./access.js" */
/** @import { Form } from "./device.js" */
import { Device } from "./device.js";
import { find } from "./dom.js";

/** More than fit on a page, and fewer than connections of a user are allowed. */
const MOST = 6;
const NAMES = { laptop: "Laptop", phone: "Phone" };

/** The user's devices, side by side. */
export class Devices {
  #access;
  #list;
  #buttons;
  #made = { laptop: 0, phone: 0 };
  /** @type {Set<Device>} */
  #devices = new Set();

  /**
   * @param {HTMLElement} stage
   * @param {Access} access
   */
  constructor(stage, access) {
    this.#access = access;
    this.#list = find(stage, ".devices", HTMLElement);
    this.#buttons = (/** @type {const} */ (["laptop", "phone"])).map((form) => {
      const button = find(stage, `.add-${form}`, HTMLButtonElement);
      button.addEventListener("click", () => {
        this.add(form);
        this.#list.lastElementChild?.scrollIntoView({ block: "nearest", inline: "nearest" });
      });
      return button;
    });
  }

  /** One that is connected, or any. */
  get bell() {
    const bells = [...this.#devices].map(({ bell }) => bell);
    return bells.find((bell) => bell.getSnapshot().connection.state === "live") ?? bells[0];
  }

  /** @param {Form} form */
  add(form) {
    const count = ++this.#made[form];
    const device = new Device({
      name: count === 1 ? NAMES[form] : `${NAMES[form]} ${count}`,
      form,
      number: this.#made.laptop + this.#made.phone,
      access: this.#access,
      onRemove: () => this.#remove(device),
    });
    this.#devices.add(device);
    this.#list.append(device.element);
    this.#changed();
  }

  startOver() {
    for (const device of this.#devices) device.startOver();
  }

  /** @param {Device} device */
  #remove(device) {
    device.close();
    this.#devices.delete(device);
    device.element.remove();
    this.#changed();
    // The button that had the focus is gone.
    this.#buttons[0]?.focus();
  }

  #changed() {
    this.#list.dataset.count = String(this.#devices.size);
    for (const button of this.#buttons) button.disabled = this.#devices.size >= MOST;
  }
}
