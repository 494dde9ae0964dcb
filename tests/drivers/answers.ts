/** An answer to a publish. */
export interface Published {
  readonly id: string;
  readonly deliveries: readonly { readonly stream: string; readonly seq: number }[];
}

/** An item of `GET /v1/inbox`. */
export interface InboxItem {
  readonly id: string;
  readonly stream: string;
  readonly seq: number;
  readonly title: string;
  readonly read: boolean;
  readonly seen: boolean;
  readonly archived: boolean;
  readonly [field: string]: unknown;
}

/** A page of `GET /v1/inbox`. */
export interface InboxPage {
  readonly items: InboxItem[];
  readonly counts: { readonly unread: number; readonly unseen: number };
  readonly next: string | null;
}
