// @ts-check

/**
 * What is posted to `/v1/notifications`; nothing that was left empty is in it.
 * @typedef {{ to: Record<string, unknown>, title: string, [field: string]: unknown }} Publication
 */

/** A publication, and the key under which it is done once. @typedef {{ body: Publication, key: string }} Call */

/** Fields of the form that have the same name in a notification. */
const TEXTS = ["body", "url", "icon", "image", "category", "collapseKey"];
const ACTIONS = 3;

/**
 * Reads the form.
 *
 * @param {FormData} data
 * @returns {Call}
 */
export function readPublication(data) {
  /** @param {string} name */
  const text = (name) => String(data.get(name) ?? "").trim();
  /** @type {Publication} */
  const body = { to: recipient(text("kind"), text("to")), title: text("title") };
  for (const name of TEXTS) {
    if (text(name) !== "") body[name] = text(name);
  }
  if (text("priority") !== "normal") body["priority"] = text("priority");
  const json = parseJson(text("data"));
  if (json !== undefined) body["data"] = json;
  const actions = readActions(text);
  if (actions.length > 0) body["actions"] = actions;
  if (text("ttl") !== "") body["ttl"] = Number(text("ttl"));
  if (text("expiresAt") !== "") body["expiresAt"] = rfc3339(text("expiresAt"));
  if (text("sendAt") !== "") body["sendAt"] = rfc3339(text("sendAt"));
  if (text("delay") !== "") body["sendAt"] = rfc3339(Date.now() + Number(text("delay")) * 1000);
  return { body, key: text("idempotencyKey") };
}

/**
 * @param {string} text
 * @returns {unknown} undefined where it is none
 */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The same so many times, told apart by a number behind the title and the key.
 *
 * @param {Call} call
 * @param {number} count
 * @returns {Call[]}
 */
export function numbered({ body, key }, count) {
  if (count === 1) return [{ body, key }];
  return Array.from({ length: count }, (_, i) => ({
    body: { ...body, title: `${body.title} ${i + 1}` },
    key: key && `${key}-${i + 1}`,
  }));
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
 * An empty row between others is sent as it is, so that what the service says of it has the same
 * number here.
 *
 * @param {(name: string) => string} text
 */
function readActions(text) {
  const rows = Array.from({ length: ACTIONS }, (_, i) => {
    const [id = "", label = "", url = ""] = ["id", "label", "url"]
      .map((name) => text(`actions.${i}.${name}`));
    return { id, label, ...(url === "" ? {} : { url }) };
  });
  return rows.slice(0, rows.findLastIndex((row) => Object.values(row).join("") !== "") + 1);
}

/** @param {string | number} time local, as inputs have it, or milliseconds since 1970 */
function rfc3339(time) {
  return new Date(time).toISOString();
}
