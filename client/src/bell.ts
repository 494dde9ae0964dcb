import { inTime } from "./clock.ts";
import type { Environment } from "./environment.ts";
import { BellwireError } from "./errors.ts";
import type { InboxPages } from "./inbox_pages.ts";
import { Link } from "./link.ts";
import { type Events, Listeners } from "./listeners.ts";
import { more } from "./load_more.ts";
import { markAllRequests, markRequests } from "./mark_requests.ts";
import type { RequestMessage, ServerMessage, StreamMessage } from "./messages.ts";
import { News } from "./news.ts";
import { Outbox } from "./outbox.ts";
import { change, type Operation } from "./reduce.ts";
import { safely } from "./safely.ts";
import { closed, type Post, Replica } from "./replica.ts";
import { cursorsOf, EMPTY, hasMore, type State } from "./state.ts";
import type { Channel } from "./tabs.ts";
import type { SystemNotifications } from "./system_notifications.ts";
import { claimsOf, SIGNED_OUT, Tokens } from "./tokens.ts";
import type { ConnectOptions } from "./connect_options.ts";
import type { MarkOp, Notification } from "./notification.ts";
import type {
  Bell,
  BellEvents,
  Connection,
  ListQuery,
  Markable,
  Page,
  Publication,
  Snapshot,
  SystemPermission,
} from "./types.ts";
import { view } from "./view.ts";

/** Whoever logs out waits no longer for the disk, which is wiped as soon as it answers. */
const WIPE_MS = 2_000;
/** Bytes that the service takes at once, and some to spare. */
const MESSAGE_MAX = 60_000;

/** Makes the parts of a bell work together; {@link Bell} says what it does. */
export class BellOfUser implements Bell {
  readonly #server: string;
  readonly #environment: Environment;
  readonly #listeners = new Listeners();
  readonly #tokens: Tokens;
  readonly #link: Link;
  readonly #outbox: Outbox;
  #pages: InboxPages | undefined;
  #system: SystemNotifications | undefined;
  readonly #unwatch: () => void;
  /** Of all tabs of this browser, whoever their users are. */
  readonly #logouts: Channel;
  #user: string | undefined;
  #replica: Replica | undefined;
  #connection: Connection = { state: "connecting" };
  #snapshot: Snapshot | undefined;
  #news: News | undefined;
  /** It was closed, or the user logged out. */
  #isOver = false;
  /** What the app's badge says. */
  #badge: number | undefined;

  /** @param server without a slash at its end */
  constructor(server: string, environment: Environment, options: ConnectOptions) {
    const state = () => this.#state;
    this.#server = server;
    this.#environment = environment;
    this.#tokens = new Tokens({ ...environment, server, getToken: options.getToken });
    this.#link = new Link({
      ...environment,
      tokens: this.#tokens,
      device: options.device,
      state,
      accept: (token) => this.#accept(token),
      take: (messages, eventId) => this.#take(messages, eventId),
      changed: (connection) => this.#linkChanged(connection),
    });
    this.#outbox = new Outbox({
      ...environment,
      state,
      isLive: () => this.#replica?.connection.state === "live",
      send: (message) => this.#link.send(message),
      answered: (id, error) => this.#replica?.dispatch({ do: "answered", id, error }),
    });
    this.#unwatch = environment.watchPage({
      visibilitychange: () => this.#look(),
      online: () => this.#link.nudge(),
      offline: () => this.#link.offline(),
      pagehide: () => {
        this.#replica?.save();
        // The browser may keep the page, and another tab waits for the lead.
        this.#replica?.tabs.rest();
      },
      freeze: () => this.#replica?.tabs.rest(),
      resume: () => this.#resume(),
      pageshow: () => this.#resume(),
    });
    this.#logouts = environment.peers.openChannel(this.#nameOf());
    this.#logouts.onmessage = ({ data }: { data: unknown }) => {
      if (data === "logout") void this.#end(true);
    };
    if (options.user) this.#enter(options.user);
    else this.#link.start();
  }

  on<K extends keyof BellEvents>(event: K, listener: BellEvents[K]): () => void {
    return this.#listeners.on(event, listener as Events[K]);
  }

  readonly subscribe = (listener: () => void): () => void =>
    this.#listeners.on("snapshot", listener);

  readonly getSnapshot = (): Snapshot =>
    this.#snapshot ??= {
      user: this.#user,
      ...view(this.#state, this.#replica?.own ?? []),
      connection: this.#connection,
      loaded: !!this.#state.loaded,
      hasMore: hasMore(this.#state),
    };

  async mark(op: MarkOp, items: Markable | readonly Markable[]): Promise<void> {
    await this.#ask(...markRequests(this.#state, op, [items].flat() as Markable[]));
  }

  async markAll(op: MarkOp): Promise<void> {
    await this.#ask(...markAllRequests(this.#state, op));
  }

  async loadMore(): Promise<boolean> {
    const replica = this.#open();
    const pages = await this.#pagesOf();
    return await (replica.tabs.leads
      ? pages.load(replica)
      : pages.elsewhere((post) => replica.post(post)));
  }

  async list(query: ListQuery = {}): Promise<Page> {
    const { listInbox } = await more();
    const getToken = async () => {
      const token = await this.#tokens.get();
      if (!this.#accept(token)) throw closed();
      return token;
    };
    const { fetch } = this.#environment;
    return await listInbox(query, getToken, {
      server: this.#server,
      fetch,
      Failure: BellwireError,
    });
  }

  async join(topic: string): Promise<void> {
    await this.#ask({ type: "subscribe", topic });
  }

  async leave(topic: string): Promise<void> {
    await this.#ask({ type: "unsubscribe", topic });
  }

  async publish(topic: string, publication: Publication): Promise<void> {
    const idempotencyKey = this.#environment.newId();
    await this.#ask({ ...publication, type: "publish", idempotencyKey, topic });
  }

  async enableSystemNotifications(): Promise<SystemPermission> {
    // Asked for at once, as long as the browser takes it for an answer to the click.
    const asked = safely(() => Notification.requestPermission());
    const permission = await asked?.catch(() => undefined) ?? "unsupported";
    if (permission === "granted") this.#wantSystem(true);
    return permission;
  }

  disableSystemNotifications(): void {
    this.#wantSystem(false);
  }

  retry(): void {
    const post = { post: "retry" } as const;
    if (this.#replica) this.#replica.toLeader(post);
    else this.#receive(post);
  }

  async logout(): Promise<void> {
    try {
      this.#logouts.postMessage("logout");
    } catch {
      // The page may use no channel any more: its other tabs learn it from their next token.
    }
    await this.#end(true);
  }

  close(): void {
    void this.#end(false);
  }

  /** The name of what is kept on disk, of channels and of locks; without a user, of the service's. */
  #nameOf(user?: string): string {
    return `bellwire ${this.#server}${user === undefined ? "" : ` ${user}`}`;
  }

  #wantSystem(wanted: boolean): void {
    this.#open().toLeader({ post: "system", wanted });
  }

  get #state(): State {
    return this.#replica?.state ?? EMPTY;
  }

  #open(): Replica {
    if (!this.#replica || this.#isOver) throw closed();
    return this.#replica;
  }

  async #ask(...messages: RequestMessage[]): Promise<void> {
    const text = JSON.stringify(messages);
    // It would end the connection, and be said again on the next one.
    if (new Blob([text]).size > MESSAGE_MAX) {
      throw new BellwireError("payload_too_large", "Too large");
    }
    // Until the first token is there nobody knows whose requests these are.
    if (!this.#user && !this.#isOver) this.#accept(await this.#tokens.get());
    const replica = this.#open();
    const cursors = cursorsOf(replica.state);
    await Promise.all(
      (JSON.parse(text) as RequestMessage[]).map((message) =>
        replica.ask({ id: this.#environment.newId(), message, cursors })
      ),
    );
  }

  /** Whether a token is of the user who is here. If not, everything of the one before goes. */
  #accept(token: string): boolean {
    if (this.#isOver) return false;
    const user = claimsOf(token).sub as string;
    if (user === this.#user) return true;
    if (this.#replica) {
      this.#replica.close(false);
      void this.#environment.storage.wipe(this.#nameOf(this.#user));
    }
    this.#enter(user);
    return false;
  }

  #enter(user: string): void {
    this.#rest();
    this.#user = user;
    this.#news = new News(this.#listeners, (item) => void this.#show(item));
    const replica: Replica = new Replica({
      ...this.#environment,
      name: this.#nameOf(user),
      lead: () => this.#link.start(),
      follow: () => this.#rest(),
      applied: (operation) => this.#applied(operation),
      connectionChanged: (connection) => this.#connectionChanged(connection),
      heard: (operation) => this.#news?.hear(operation),
      receive: (post) => this.#receive(post),
    });
    this.#replica = replica;
    this.#changed();
    replica.start();
  }

  #take(messages: readonly ServerMessage[], eventId: string | undefined): void {
    const own = messages.filter(isStreamMessage);
    this.#pages?.follow(own);
    if (own.length) {
      this.#open().dispatch({ do: "messages", messages: own, eventId });
    }
    for (const message of messages) this.#outbox.take(message);
  }

  #applied(operation?: Operation): void {
    this.#changed();
    const replica = this.#replica;
    if (!replica) return;
    if (replica.tabs.leads && operation?.do !== "messages") this.#outbox.pump();
    this.#news?.take(replica, operation);
  }

  async #show(item: Notification): Promise<void> {
    try {
      const { SystemNotifications } = await more();
      this.#system ??= new SystemNotifications({
        environment: this.#environment,
        post: (post) => this.#replica?.post(post),
        clicked: (id) => void this.mark("read", id).catch(() => {}),
      });
      await this.#system.show(item);
    } catch (error) {
      this.#listeners.tell("error", error);
    }
  }

  async #pagesOf(): Promise<InboxPages> {
    const { InboxPages } = await more();
    return this.#pages ??= new InboxPages({
      environment: this.#environment,
      list: (query) => this.list(query),
      hasMore: () => hasMore(this.#state),
      change,
      Failure: BellwireError,
    });
  }

  #linkChanged(connection: Connection): void {
    if (this.#replica) this.#replica.setConnection(connection);
    else this.#connectionChanged(connection);
    this.#outbox.restart();
  }

  #connectionChanged(connection: Connection): void {
    const { state, reason = "", error } = connection;
    this.#connection = error
      ? { ...connection, error: new BellwireError(error.code, reason, error) }
      : connection;
    if (this.#news && state === "live") this.#news.wasLive = true;
    this.#changed();
    this.#listeners.tell("connection", this.#connection);
  }

  #receive(post: Post): void {
    const leads = this.#replica?.tabs.leads;
    switch (post.post) {
      case "focus?":
        if (this.#environment.hasFocus()) this.#replica?.post({ post: "focus" });
        return;
      case "focus":
        return this.#system?.focusElsewhere();
      case "loaded":
        return this.#pages?.loaded(post);
      case "more":
        // Where that fails the other tab waits in vain, and says so after a while.
        if (leads) {
          this.#pagesOf().then((pages) => pages.answer(this.#open(), post.id)).catch(() => {});
        }
        return;
      case "system":
        if (leads) this.#open().dispatch({ do: "system", wanted: post.wanted });
        return;
      case "retry":
        if (leads === false || this.#isOver) return;
        this.#link.nudge();
        if (this.#connection.error) this.#link.start();
    }
  }

  /** Is not connected from now on. */
  #rest(): void {
    this.#link.stop();
    this.#outbox.stop();
  }

  #resume(): void {
    if (this.#replica?.tabs.leads === false) this.#replica.start();
    this.#look();
  }

  #look(): void {
    this.#replica?.tabs.look();
    if (this.#environment.isVisible()) this.#link.nudge();
    else this.#replica?.save();
  }

  async #end(wipe: boolean): Promise<void> {
    this.#rest();
    this.#unwatch();
    this.#isOver = true;
    this.#logouts.close();
    this.#replica?.close(!wipe);
    if (wipe) this.#replica = this.#user = undefined;
    const connection = { state: "closed", reason: wipe ? "Logged out" : "Closed" } as const;
    this.#connectionChanged(
      wipe
        ? { ...connection, error: new BellwireError(SIGNED_OUT, connection.reason) }
        : connection,
    );
    if (!wipe) return;
    const { storage, clock } = this.#environment;
    // Of all users who were here: who logs out may not be the one whose items lie there.
    await inTime(clock, WIPE_MS, storage.wipe(this.#nameOf())).catch(() => {});
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#listeners.tell("snapshot");
    this.#system?.look(this.getSnapshot());
    const { unread } = this.getSnapshot().counts;
    if (unread === this.#badge) return;
    this.#badge = unread;
    // 0 takes it away. Only installed apps have one; others are refused, which is no matter.
    safely(() => navigator.setAppBadge(unread).catch(() => {}));
  }
}

/** Those that tell what the user has name streams. */
function isStreamMessage(message: ServerMessage): message is StreamMessage {
  return "stream" in message || "streams" in message;
}
