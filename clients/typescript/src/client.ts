/** The client: login, connection, the user's rooms, open rooms, outbox. */
import { Api } from "./api.js";
import { Auth } from "./auth.js";
import { codecFor } from "./codec.js";
import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ChatmeshError } from "./error.js";
import type { Fetch } from "./http.js";
import { localId } from "./id.js";
import { type NewItem, Outbox } from "./outbox.js";
import { RoomHandle } from "./room.js";
import { Rooms } from "./rooms.js";
import { type Storage, defaultStorage } from "./storage.js";
import type { Event, Frame, Limits, OutboxItem, RoomState, Status, User } from "./types.js";

const VERSION = "0.1.0";
const LIMITS: Limits = { text_bytes: 8192, frame_bytes: 65_536, per_minute: 300, history: 200, replay_events: 500, rooms: 100 };

export interface ClientOptions {
  /** Origin of a gateway; default: the page's own. */
  url?: string;
  encoding?: "msgpack" | "json";
  storage?: Storage;
  name?: string;
  version?: string;
  now?: () => number;
  random?: () => number;
  WebSocket?: typeof WebSocket;
  fetch?: Fetch;
}

export interface ClientEvents {
  status: Status;
  me: User | undefined;
  rooms: ReadonlyMap<string, RoomState>;
  room: RoomState;
  room_gone: { room: string; reason: string };
  activity: RoomState;
  event: Event;
  read: { room: string; user: string; seq: number };
  typing: Frame;
  presence: Frame;
  lobby: Frame;
  delta: Frame;
  error: ChatmeshError;
}

export class Client {
  readonly api: Api;
  limits: Limits = LIMITS;
  private readonly events = new Emitter<ClientEvents>();
  private readonly auth: Auth;
  private readonly connection: Connection;
  private readonly table: Rooms;
  private readonly storage: Storage;
  private readonly now: () => number;
  private readonly random: () => number;
  private outbox: Outbox | undefined;
  private owner: string | undefined;
  private offset = 0;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions = {}) {
    const origin = (options.url ?? globalThis.location?.origin ?? "").replace(/\/$/, "");
    const fetcher: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.storage = options.storage ?? defaultStorage();
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
    this.auth = new Auth({ origin, fetch: fetcher, storage: this.storage, now: () => this.serverNow() });
    this.auth.changed = () => this.identityChanged();
    this.api = new Api(origin, fetcher, this.auth);
    this.connection = new Connection({
      url: `${origin.replace(/^http/, "ws")}/v1/connect`,
      codec: codecFor(options.encoding ?? "msgpack"),
      auth: this.auth,
      client: { name: options.name ?? "@chatmesh/client", version: options.version ?? VERSION, device: localId() },
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      now: this.now,
      random: this.random,
      cursors: () => this.table.cursors(),
      onFrame: (frame) => this.take(frame),
      onStatus: (status) => {
        if (status.state !== "online") this.table.offline();
        this.events.emit("status", status);
      },
    });
    this.table = new Rooms({
      me: () => this.me?.id,
      request: (frame) => this.connection.request(frame),
      emit: (name, value) => this.events.emit(name, value),
      seen: (room, event) => this.outbox?.seen(room, event),
      flush: (room) => void this.outbox?.flush(room),
    });
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.events.on(name, listener);
  }

  get me(): User | undefined {
    return this.auth.me;
  }

  get status(): Status {
    return this.connection.status;
  }

  get rooms(): ReadonlyMap<string, RoomState> {
    return this.table.rooms;
  }

  /** The server's clock, as far as it told. */
  serverNow(): number {
    return this.now() + this.offset;
  }

  restore = (): Promise<boolean> => this.auth.restore();
  guest = (name?: string): Promise<User> => this.auth.guest(name);
  login = (credentials: { name: string; password: string }): Promise<User> => this.auth.login(credentials);

  async signup(credentials: { name: string; password: string }): Promise<User> {
    const user = await this.auth.signup(credentials);
    // The socket still shows the guest's token.
    await this.renew();
    return user;
  }

  async logout(options: { all?: boolean } = {}): Promise<void> {
    this.connection.close("logged out");
    await this.auth.logout(options.all ?? false);
  }

  connect(): void {
    this.connection.open();
  }

  close(): void {
    clearTimeout(this.refreshTimer);
    this.connection.close();
  }

  private identityChanged(): void {
    const user = this.me?.id;
    if (user !== this.owner) {
      this.owner = user;
      this.outbox?.stop();
      this.outbox = undefined;
      this.table.clear();
      if (user) this.openOutbox(user);
    }
    this.schedule();
    this.events.emit("me", this.me);
  }

  private openOutbox(user: string): void {
    this.outbox = new Outbox({
      storage: this.storage,
      user,
      random: this.random,
      serverNow: () => this.serverNow(),
      request: (frame) => this.connection.request(frame),
      ready: (room) => this.connection.online && this.table.mayFlush(room),
      changed: (room) => this.table.handle(room)?.touch(),
      stored: (item, ok) => this.table.handle(item.room)?.stored(item, ok),
    });
    void this.outbox.load().then(() => this.outbox?.flushAll());
  }

  /** Exchanges the token in time, and shows the new one to the socket. */
  private schedule(): void {
    clearTimeout(this.refreshTimer);
    if (!this.auth.session) return;
    const wait = Math.max(1_000, Math.min(this.auth.dueAt - this.serverNow(), 2 ** 31 - 1));
    this.refreshTimer = setTimeout(() => void this.renew().catch(() => undefined), wait);
    (this.refreshTimer as { unref?: () => void }).unref?.();
  }

  private async renew(): Promise<void> {
    try {
      const token = await this.auth.token();
      if (this.connection.online) await this.connection.request({ t: "refresh", token });
      this.schedule();
    } catch (error) {
      if (error instanceof ChatmeshError && error.retryable) this.refreshTimer = setTimeout(() => void this.renew(), 5_000);
    }
  }

  private take(frame: Frame): void {
    switch (frame.t) {
      case "welcome":
        this.offset = Number(frame["server_time"]) - this.now();
        this.limits = { ...LIMITS, ...(frame["limits"] as Partial<Limits>) };
        this.table.welcome(frame);
        void this.auth.update(frame["user"] as User);
        this.outbox?.flushAll();
        break;
      case "me":
        void this.auth.update(frame["user"] as User);
        break;
      case "typing":
      case "presence":
      case "lobby":
      case "delta":
        this.events.emit(frame.t, frame);
        break;
      default:
        this.table.take(frame);
    }
  }

  /** A room to show; `release` it when it is not shown any more. */
  open(room: string): RoomHandle {
    return this.table.open(room, () => new RoomHandle(this, room));
  }

  /** @internal */
  release(handle: RoomHandle): void {
    this.table.release(handle);
  }

  /** @internal */
  known(room: string): RoomState | undefined {
    return this.table.known(room);
  }

  /** @internal */
  pendingOf(room: string): OutboxItem[] {
    return this.outbox?.of(room) ?? [];
  }

  /** @internal */
  request(frame: object): Promise<Frame> {
    return this.connection.request(frame);
  }

  /** @internal */
  tell(frame: object): void {
    if (this.connection.online) this.connection.send(frame);
  }

  /** @internal */
  post(item: NewItem): OutboxItem {
    if (!this.outbox) throw new ChatmeshError("unauthenticated", "log in first");
    return this.outbox.add(item);
  }

  /** @internal */
  retry(item: string, text?: string): void {
    this.outbox?.retry(item, text);
  }

  /** @internal */
  discard(item: string): void {
    this.outbox?.remove(item);
  }

  /** @internal */
  markRead(room: string, seq: number): void {
    this.table.markRead(room, seq);
  }
}
