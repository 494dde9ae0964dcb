// @ts-check
import { find } from "./dom.js";

const KEY = "bellwire-playground-theme";

/** Lets the page be light or dark, against what the system says; remembered for the next visit. */
const form = find(document, ".theme", HTMLFormElement);
const stored = localStorage.getItem(KEY) ?? "";
const choice = ["light", "dark"].includes(stored) ? stored : "auto";
document.documentElement.dataset.theme = choice;
find(form, `[value=${choice}]`, HTMLInputElement).checked = true;

form.addEventListener("change", () => {
  const chosen = String(new FormData(form).get("theme"));
  document.documentElement.dataset.theme = chosen;
  localStorage.setItem(KEY, chosen);
});
