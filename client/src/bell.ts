import { inTime } from "./clock.ts";
import type { Environment } from "./environment.ts";
import { BellwireError, safely } from "./errors.ts";
import type { Extras } from "./lazy_features.ts";
import { ConnectionManager } from "./connection_manager.ts";
import { type Events, Listeners } from "./listeners.ts";
import { more } from "./load_lazy.ts";
import { markAllRequests, markRequests, RequestSender } from "./request_sender.ts";
import { cursorsOf, EMPTY, hasMore, type RequestMessage, type State } from "./state.ts";
import type { ServerMessage, StreamMessage } from "../../protocol/messages.ts";
import { ArrivalNotifier } from "./arrivals.ts";
import { change, type Operation } from "./reduce.ts";
import { closed, SharedState, type TabMessage } from "./shared_state.ts";
import type { Channel } from "./leader_election.ts";
import { SIGNED_OUT, Tokens } from "./tokens.ts";
import type { ConnectOptions } from "./connect_options.ts";
import type { MarkOp } from "./notification.ts";
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
  readonly #connections: ConnectionManager;
  readonly #sender: RequestSender;
  #extras: Extras | undefined;
  readonly #unwatch: () => void;
  /** Of all tabs of this browser, whoever their users are. */
  readonly #logouts: Channel;
  #user: string | undefined;
  #shared: SharedState | undefined;
  #connection: Connection = { state: "connecting" };
  #snapshot: Snapshot | undefined;
  #arrivals: ArrivalNotifier | undefined;
  /** It was closed, or the user logged out. */
  #isOver = false;
  /** What the app's badge says. */
  #badge: number | undefined;

  /** @param server without a slash at its end */
  constructor(server: string, environment: Environment, options: ConnectOptions) {
    const state = () => this.#state;
    this.#server = server;
    this.#environment = environment;
    const { getToken, userClaim } = options;
    this.#tokens = new Tokens({ ...environment, server, getToken, userClaim });
    this.#connections = new ConnectionManager({
      ...environment,
      tokens: this.#tokens,
      device: options.device,
      state,
      accept: (token) => this.#accept(token),
      take: (messages, eventId) => this.#take(messages, eventId),
      changed: (connection) => this.#managerChanged(connection),
    });
    this.#sender = new RequestSender({
      ...environment,
      state,
      isLive: () => this.#shared?.connection.state === "live",
      send: (message) => this.#connections.send(message),
      answered: (id, error) => this.#shared?.dispatch({ do: "answered", id, error }),
    });
    this.#unwatch = environment.watchPage({
      visibilitychange: () => this.#look(),
      online: () => this.#connections.nudge(true),
      offline: () => this.#connections.offline(),
      pagehide: () => {
        this.#shared?.save();
        // The browser may keep the page, and another tab waits for the lead.
        this.#shared?.tabs.rest();
      },
      freeze: () => this.#shared?.tabs.rest(),
      resume: () => this.#resume(),
      pageshow: () => this.#resume(),
    });
    this.#logouts = environment.peers.openChannel(this.#nameOf());
    this.#logouts.onmessage = ({ data }: { data: unknown }) => {
      if (data === "logout") void this.#end(true);
    };
    if (options.user) this.#enter(options.user);
    else this.#connections.start();
  }

  // Apps keep a bell in Vue's reactive state, Pinia and the like, which call what it has on a Proxy: a
  // method would look for private fields there, and find none.
  readonly on = <K extends keyof BellEvents>(event: K, listener: BellEvents[K]): () => void =>
    this.#listeners.on(event, listener as Events[K]);

  readonly subscribe = (listener: () => void): () => void =>
    this.#listeners.on("snapshot", listener);

  readonly getSnapshot = (): Snapshot =>
    this.#snapshot ??= {
      user: this.#user,
      ...view(this.#state, this.#shared?.own ?? []),
      connection: this.#connection,
      loaded: !!this.#state.loaded,
      hasMore: hasMore(this.#state),
    };

  readonly mark = async (op: MarkOp, items: Markable | readonly Markable[]): Promise<void> => {
    await this.#ask(...markRequests(this.#state, op, [items].flat() as Markable[]));
  };

  readonly markAll = (op: MarkOp): Promise<void> => this.#ask(...markAllRequests(this.#state, op));

  readonly loadMore = async (): Promise<boolean> => {
    this.#open();
    return await (await this.#loadExtras()).loadMore();
  };

  readonly list = async (query: ListQuery = {}): Promise<Page> => {
    return await (await this.#loadExtras()).list(query);
  };

  readonly join = (topic: string): Promise<void> => this.#ask({ type: "subscribe", topic });

  readonly leave = (topic: string): Promise<void> => this.#ask({ type: "unsubscribe", topic });

  readonly publish = async (topic: string, publication: Publication): Promise<void> => {
    const idempotencyKey = this.#environment.newId();
    await this.#ask({ ...publication, type: "publish", idempotencyKey, topic });
  };

  readonly enableSystemNotifications = async (): Promise<SystemPermission> => {
    // Asked for at once, as long as the browser takes it for an answer to the click.
    const asked = safely(() => Notification.requestPermission());
    const permission = await asked?.catch(() => undefined) ?? "unsupported";
    if (permission === "granted") this.#wantSystem(true);
    return permission;
  };

  readonly disableSystemNotifications = (): void => this.#wantSystem(false);

  readonly retry = (): void => {
    const post = { post: "retry" } as const;
    if (this.#shared) this.#shared.toLeader(post);
    else this.#receive(post);
  };

  readonly logout = async (): Promise<void> => {
    // Where the page may use no channel any more its other tabs learn it from their next token.
    safely(() => this.#logouts.postMessage("logout"));
    await this.#end(true);
  };

  readonly close = (): void => void this.#end(false);

  /** The name of what is kept on disk, of channels and of locks; without a user, of the service's. */
  #nameOf(user?: string): string {
    return `bellwire ${this.#server}${user === undefined ? "" : ` ${user}`}`;
  }

  #wantSystem(wanted: boolean): void {
    this.#open().toLeader({ post: "system", wanted });
  }

  get #state(): State {
    return this.#shared?.state ?? EMPTY;
  }

  #open(): SharedState {
    if (!this.#shared || this.#isOver) throw closed();
    return this.#shared;
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
    const user = this.#tokens.userOf(token);
    if (user === this.#user) return true;
    if (this.#shared) {
      this.#shared.close(false);
      void this.#environment.storage.wipe(this.#nameOf(this.#user));
    }
    this.#enter(user);
    return false;
  }

  #enter(user: string): void {
    this.#rest();
    this.#user = user;
    this.#arrivals = new ArrivalNotifier(this.#listeners, (item) => {
      this.#loadExtras().then((extras) => extras.show(item)).catch((error) =>
        this.#listeners.tell("error", error)
      );
    });
    const replica: SharedState = new SharedState({
      ...this.#environment,
      name: this.#nameOf(user),
      lead: () => this.#connections.start(),
      follow: () => this.#rest(),
      applied: (operation) => this.#applied(operation),
      connectionChanged: (connection) => this.#connectionChanged(connection),
      heard: (operation) => this.#arrivals?.hear(operation),
      receive: (post) => this.#receive(post),
    });
    this.#shared = replica;
    this.#changed();
    replica.start();
  }

  #take(messages: readonly ServerMessage[], eventId: string | undefined): void {
    const own = messages.filter(isStreamMessage);
    this.#extras?.follow(own);
    if (own.length) {
      this.#open().dispatch({ do: "messages", messages: own, eventId });
    }
    for (const message of messages) this.#sender.take(message);
  }

  #applied(operation?: Operation): void {
    this.#changed();
    const replica = this.#shared;
    if (!replica) return;
    if (replica.tabs.leads && operation?.do !== "messages") this.#sender.pump();
    this.#arrivals?.take(replica, operation);
  }

  async #loadExtras(): Promise<Extras> {
    const { Extras } = await more();
    return this.#extras ??= new Extras({
      environment: this.#environment,
      server: this.#server,
      tokens: this.#tokens,
      accept: (token) => this.#accept(token),
      replica: () => this.#open(),
      mark: this.mark,
      hasMore,
      change,
      Failure: BellwireError,
    });
  }

  #managerChanged(connection: Connection): void {
    if (this.#shared) this.#shared.setConnection(connection);
    else this.#connectionChanged(connection);
    this.#sender.restart();
  }

  #connectionChanged(connection: Connection): void {
    const { state, reason = "", error } = connection;
    this.#connection = error
      ? { ...connection, error: new BellwireError(error.code, reason, error) }
      : connection;
    if (this.#arrivals && state === "live") this.#arrivals.wasLive = true;
    this.#changed();
    this.#listeners.tell("connection", this.#connection);
  }

  #receive(post: TabMessage): void {
    const leads = this.#shared?.tabs.leads;
    switch (post.post) {
      case "focus?":
        if (this.#environment.hasFocus()) this.#shared?.post({ post: "focus" });
        return;
      case "more":
        // Where that fails the other tab waits in vain, and says so after a while.
        if (leads) this.#loadExtras().then((extras) => extras.receive(post)).catch(() => {});
        return;
      case "system":
        if (leads) this.#open().dispatch({ do: "system", wanted: post.wanted });
        return;
      case "retry":
        if (leads === false || this.#isOver) return;
        this.#connections.nudge();
        if (this.#connection.error) this.#connections.start();
        return;
      default:
        this.#extras?.receive(post);
    }
  }

  /** Is not connected from now on. */
  #rest(): void {
    this.#connections.stop();
    this.#sender.stop();
  }

  #resume(): void {
    if (this.#shared?.tabs.leads === false) this.#shared.start();
    this.#look();
  }

  #look(): void {
    this.#shared?.tabs.look();
    if (this.#environment.isVisible()) this.#connections.nudge();
    else this.#shared?.save();
  }

  async #end(wipe: boolean): Promise<void> {
    this.#rest();
    this.#unwatch();
    this.#isOver = true;
    this.#logouts.close();
    this.#shared?.close(!wipe);
    if (wipe) this.#shared = this.#user = undefined;
    this.#connectionChanged({
      state: "closed",
      reason: wipe ? "Logged out" : "Closed",
      ...(wipe && { error: { code: SIGNED_OUT } as BellwireError }),
    });
    if (!wipe) return;
    const { storage, clock } = this.#environment;
    // Of all users who were here: who logs out may not be the one whose items lie there.
    await inTime(clock, WIPE_MS, storage.wipe(this.#nameOf())).catch(() => {});
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#listeners.tell("snapshot");
    this.#extras?.look(this.getSnapshot());
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
