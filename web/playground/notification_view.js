// @ts-check
/** @import { Entry } from "./inbox.js" */
import { copyTemplate, element, find } from "./dom.js";
import { safeLink } from "./safe_link.js";
import { clockTime, showTime } from "./times.js";

/**
 * Shows one notification. Whatever its publisher wrote stays text.
 *
 * @param {Entry} entry
 * @returns {HTMLElement} a list item
 */
export function notificationView({ key, seq, stream, item, missed }) {
  const view = copyTemplate("notification");
  view.dataset.key = key;
  view.dataset.seq = String(seq);
  view.dataset.priority = item.priority;
  view.classList.toggle("is-missed", missed);
  view.classList.toggle("is-read", item.read);

  find(view, ".item-title", HTMLElement).append(title(item));
  const body = find(view, ".item-body", HTMLElement);
  body.textContent = item.body ?? "";
  body.hidden = !item.body;
  showTime(find(view, "time", HTMLTimeElement), item.publishedAt);
  const number = find(view, ".item-seq", HTMLElement);
  number.textContent = `#${seq}`;
  number.title = `Number ${seq} of the stream “${stream}”`;
  find(view, ".chips", HTMLElement).append(...chips(item, missed));
  const topic = /^topic:(.*)$/.exec(stream)?.[1];
  if (topic !== undefined) {
    find(view, ".chips", HTMLElement).prepend(
      element("span", { className: "chip chip-topic", text: topic }),
    );
  }
  const toggle = find(view, ".item-toggle", HTMLButtonElement);
  toggle.value = item.read ? "unread" : "read";
  toggle.textContent = item.read ? "Unread" : "Read";
  toggle.setAttribute("aria-label", `Mark as ${toggle.value}: ${item.title}`);
  find(view, ".item-archive", HTMLButtonElement)
    .setAttribute("aria-label", `Archive: ${item.title}`);
  return view;
}

/** @param {Entry["item"]} item */
function title(item) {
  const url = safeLink(item.url, location.origin);
  if (url === undefined) return document.createTextNode(item.title);
  const link = document.createElement("a");
  link.textContent = item.title;
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/**
 * @param {Entry["item"]} item
 * @param {boolean} missed
 */
function chips({ category, priority, expiresAt }, missed) {
  const shown = [element("span", { className: "chip", text: category })];
  if (priority !== "normal") {
    shown.push(element("span", { className: `chip chip-${priority}`, text: priority }));
  }
  if (expiresAt !== undefined) {
    const text = `until ${clockTime(new Date(expiresAt))}`;
    shown.push(element("span", { className: "chip", text }));
  }
  if (missed) shown.unshift(element("span", { className: "chip chip-missed", text: "missed" }));
  return shown;
}
