// @ts-check

/**
 * What is posted to `/v1/notifications`; nothing that was left empty is in it.
 * @typedef {{ to: Record<string, unknown>, title: string, [field: string]: unknown }} Publication
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
  const publication = { to: recipient(text("kind"), text("user")), title: text("title") };
  for (const name of TEXTS) {
    if (text(name) !== "") publication[name] = text(name);
  }
  if (text("priority") !== "normal") publication["priority"] = text("priority");
  if (text("ttl") !== "") publication["ttl"] = Number(text("ttl"));
  if (text("delay") !== "") {
    publication["sendAt"] = new Date(Date.now() + Number(text("delay")) * 1000).toISOString();
  }
  if (text("actions") !== "") {
    publication["actions"] = text("actions").split(",").map((label) => label.trim())
      .map((label, i) => ({ id: `action-${i + 1}`, label }));
  }
  if (text("data") !== "") publication["data"] = parsed(text("data"));
  return publication;
}

/**
 * @param {string} kind
 * @param {string} name of the user or the topic; several users are separated by commas
 */
function recipient(kind, name) {
  if (kind === "everyone") return { everyone: true };
  if (kind === "users") return { users: name.split(",").map((user) => user.trim()) };
  return { [kind]: name };
}

/**
 * What is no JSON is sent as a text.
 *
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
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
