// @ts-check

const SHOWN_MS = 2_000;

/**
 * Makes a button copy a text, and say for a moment that it did.
 *
 * @param {HTMLButtonElement} button
 * @param {() => string} text what to copy now
 */
export function copyOnClick(button, text) {
  const label = button.textContent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(text()).then(() => true, () => false);
    button.textContent = done ? "Copied" : "Not allowed";
    clearTimeout(timer);
    timer = setTimeout(() => button.textContent = label, SHOWN_MS);
  });
}
