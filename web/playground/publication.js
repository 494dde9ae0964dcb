// @ts-check

/**
 * What is posted to `/v1/notifications`; nothing that was left empty is in it.
 * @typedef {{ to: { user: string }, title: string, [field: string]: unknown }} Publication
 */

/** Fields of the form that have the same name in a notification. */
const TEXTS = ["body", "url", "category", "collapseKey"];

/**
 * Reads the form.
 *
 * @param {FormData} data
 * @returns {Publication}
 */
export function readPublication(data) {
  /** @param {string} name */
  const text = (name) => String(data.get(name) ?? "").trim();
  /** @type {Publication} */
  const publication = { to: { user: text("user") }, title: text("title") };
  for (const name of TEXTS) {
    if (text(name) !== "") publication[name] = text(name);
  }
  if (text("priority") !== "normal") publication["priority"] = text("priority");
  if (text("ttl") !== "") publication["ttl"] = Number(text("ttl"));
  return publication;
}

/**
 * The same so many times, told apart by a number behind the title.
 *
 * @param {Publication} publication
 * @param {number} count
 * @returns {Publication[]}
 */
export function numbered(publication, count) {
  if (count === 1) return [publication];
  return Array.from({ length: count }, (_, i) => ({
    ...publication,
    title: `${publication.title} ${i + 1}`,
  }));
}
