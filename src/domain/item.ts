/** Where an event stands in its stream: 1, 2, 3, … */
export type Seq = number;

/**
 * A notification as it is stored and sent: encoded once, when it is validated, and never changed.
 *
 * `json` is the object that devices get as `item`, without the flags that depend on the reader
 * (`read`, `seen`, `archived`); `bytes` is the same text in UTF-8.
 */
export interface Item {
  /** UUIDv7; several streams may hold the same notification under the same id. */
  readonly id: string;
  readonly json: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The recipient's earlier item with the same key is replaced; not always what `json` has for it. */
  readonly collapseKey?: string;
  /** Milliseconds since the epoch; from then on the item is gone. */
  readonly expiresAt?: number;
}

/** The flags of an item that depend on its reader. */
export interface ItemFlags {
  readonly read: boolean;
  readonly seen: boolean;
  readonly archived: boolean;
}

/** A user's totals: `unread` is neither read nor archived, `unseen` those of them not yet seen. */
export interface Counts {
  readonly unread: number;
  readonly unseen: number;
}
