// @ts-check
/** @import { ChangeMessage, Counts, Cursor, Item, NotificationMessage, Reset, ServerMessage } from "./messages.js" */

/**
 * A notification on a device.
 * @typedef {object} Entry
 * @property {string} key tells it from all others on the device
 * @property {string} stream
 * @property {number} seq
 * @property {Item} item
 * @property {boolean} missed whether it came while the device was away
 */

/**
 * What came of a message.
 * @typedef {object} Applied
 * @property {readonly Entry[]} arrived notifications that are new on the device, oldest first
 * @property {boolean} hole an event before this one never came: connect again with the cursors
 */

/** @typedef {{ epoch: string, seq: number, entries: Map<number, Entry> }} StreamCopy */

/** @type {Applied} */
const NOTHING = { arrived: [], hole: false };

/**
 * What one device knows: a copy of its user's streams, kept in step by the server's messages. It
 * holds the cursors that a connection resumes with, and whatever comes twice changes nothing.
 */
export class Inbox {
  /** @type {Map<string, StreamCopy>} */
  #streams = new Map();
  /** @type {Counts} */
  #counts = { unread: 0, unseen: 0 };

  /** The user's totals, as the server last told them. */
  get counts() {
    return this.#counts;
  }

  /**
   * Where the device stands in each stream.
   * @returns {Record<string, Cursor>}
   */
  get cursors() {
    return Object.fromEntries(
      [...this.#streams].map(([stream, { epoch, seq }]) => [stream, { epoch, seq }]),
    );
  }

  /**
   * What there is to show: newest first, without what is archived.
   * @returns {Entry[]}
   */
  get entries() {
    return merge(
      [...this.#streams.values()].map(({ entries }) =>
        [...entries.values()].filter(({ item }) => !item.archived)
      ),
    );
  }

  /**
   * Takes in one message. Those that don't concern the inbox change nothing.
   *
   * @param {ServerMessage} message
   * @returns {Applied}
   */
  apply(message) {
    switch (message.type) {
      case "welcome":
        this.#counts = message.counts;
        for (const stream of this.#streams.keys()) {
          if (message.streams[stream] === undefined) this.#streams.delete(stream);
        }
        for (const [stream, { epoch, oldest }] of Object.entries(message.streams)) {
          if (this.#streams.get(stream)?.epoch === epoch) this.#dropBelow(stream, oldest);
        }
        return NOTHING;
      case "reset":
        return this.#reset(message);
      case "notification":
      case "change":
        return this.#event(message);
      case "caughtUp": {
        const { stream, seq, oldest, counts } = message;
        const copy = this.#streams.get(stream);
        if (copy !== undefined) copy.seq = Math.max(copy.seq, seq);
        if (oldest !== undefined) this.#dropBelow(stream, oldest);
        if (counts !== undefined) this.#counts = counts;
        return NOTHING;
      }
      default:
        return NOTHING;
    }
  }

  /** @param {Reset} reset */
  #reset({ stream, reason, items, epoch, seq, counts }) {
    const before = this.#streams.get(stream);
    // Only within one incarnation of a stream do numbers tell what came later.
    const handled = reason === "trimmed" ? before?.seq ?? 0 : Infinity;
    /** @type {StreamCopy} */
    const copy = { epoch, seq, entries: new Map() };
    /** @type {Entry[]} */
    const arrived = [];
    for (const { seq, ...item } of [...items].reverse()) {
      const known = before?.epoch === epoch ? before.entries.get(seq) : undefined;
      const missed = known?.missed ?? seq > handled;
      const entry = { key: keyOf(stream, epoch, seq), stream, seq, item, missed };
      copy.entries.set(seq, entry);
      if (known === undefined && seq > handled) arrived.push(entry);
    }
    this.#streams.set(stream, copy);
    this.#counts = counts;
    return { arrived, hole: false };
  }

  /** @param {NotificationMessage | ChangeMessage} event */
  #event(event) {
    const { stream, seq, live, counts } = event;
    const copy = this.#streams.get(stream);
    if (copy === undefined) return { arrived: [], hole: true };
    if (seq <= copy.seq) return NOTHING;
    if (live && seq > copy.seq + 1) return { arrived: [], hole: true };
    copy.seq = seq;
    this.#counts = counts;
    if (event.type === "change") {
      this.#change(event);
      return NOTHING;
    }
    const { item, oldest } = event;
    const entry = { key: keyOf(stream, copy.epoch, seq), stream, seq, item, missed: !live };
    copy.entries.set(seq, entry);
    if (oldest !== undefined) this.#dropBelow(stream, oldest);
    return { arrived: [entry], hole: false };
  }

  /** @param {ChangeMessage} change */
  #change({ stream, target = stream, op, items, upTo }) {
    if (op === "leave") this.#streams.delete(target);
    const entries = this.#streams.get(target)?.entries;
    if (entries === undefined) return;
    // Seeing one means having seen what came before it.
    const limit = upTo ?? (op === "seen" ? Math.max(...items ?? []) : undefined);
    const concerned = limit === undefined
      ? items ?? []
      : [...entries.keys()].filter((seq) => seq <= limit);
    for (const seq of concerned) {
      const entry = entries.get(seq);
      if (entry === undefined) continue;
      const item = changed(entry.item, op);
      if (item === undefined) entries.delete(seq);
      else entries.set(seq, { ...entry, item });
    }
  }

  /**
   * @param {string} stream
   * @param {number} oldest
   */
  #dropBelow(stream, oldest) {
    const entries = this.#streams.get(stream)?.entries;
    for (const seq of entries?.keys() ?? []) {
      if (seq < oldest) entries?.delete(seq);
    }
  }
}

/**
 * An item after a change; undefined if it is gone.
 *
 * @param {Item} item
 * @param {string} op
 * @returns {Item | undefined}
 */
function changed(item, op) {
  switch (op) {
    case "read":
      return { ...item, read: true };
    case "unread":
      return { ...item, read: false };
    case "seen":
      return { ...item, seen: true };
    case "archive":
      return { ...item, archived: true };
    case "unarchive":
      return { ...item, archived: false };
    case "delete":
    case "replace":
    case "expire":
    case "recall":
      return undefined;
    default:
      return item;
  }
}

/**
 * @param {string} stream
 * @param {string} epoch
 * @param {number} seq
 */
function keyOf(stream, epoch, seq) {
  return `${stream} ${epoch} ${seq}`;
}

/**
 * Merges streams into one list, newest first. Within a stream its numbers decide; between streams the
 * ids do, which begin with the time.
 *
 * @param {Entry[][]} streams each oldest first
 * @returns {Entry[]}
 */
function merge(streams) {
  const merged = [];
  for (;;) {
    /** @type {Entry[]} */
    let newest = [];
    for (const stream of streams) {
      if ((stream.at(-1)?.item.id ?? "") > (newest.at(-1)?.item.id ?? "")) newest = stream;
    }
    const entry = newest.pop();
    if (entry === undefined) return merged;
    merged.push(entry);
  }
}
