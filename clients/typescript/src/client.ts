/** The client: login, connection, the user's rooms, open rooms, outbox. */
import { Api } from "./api.js";
import { Auth } from "./auth.js";
import { backoff } from "./backoff.js";
import { codecFor } from "./codec.js";
import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { ChatmeshError, endsLogin } from "./error.js";
import type { Fetch } from "./http.js";
import { localId } from "./id.js";
import { Live } from "./live.js";
import { type NewItem, Outbox } from "./outbox.js";
import { RoomHandle } from "./room.js";
import type { Emit } from "./roomlist.js";
import { Rooms } from "./rooms.js";
import type { SocketClass } from "./socket.js";
import { type Storage, defaultStorage } from "./storage.js";
import type { Delta, Event, Frame, Limits, OutboxItem, OwnStatus, Ranking, RoomPresence, RoomState, Status, Typing, User } from "./types.js";

const VERSION = "0.1.0";
const DEVICE = "chatmesh.device";
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
  /** Where the platform has none (Node before 22): the class of the package `ws`. */
  WebSocket?: SocketClass;
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
  typing: Typing;
  presence: RoomPresence;
  own_status: OwnStatus;
  lobby: Ranking;
  delta: Delta;
  error: ChatmeshError;
}

export class Client {
  readonly api: Api;
  readonly live: Live;
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
  private refreshAttempt = 0;

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
      client: async () => ({ name: options.name ?? "@chatmesh/client", version: options.version ?? VERSION, device: await this.device() }),
      WebSocket: options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined),
      now: this.now,
      random: this.random,
      cursors: () => this.table.hello(),
      onFrame: (frame) => this.take(frame),
      onStatus: (status) => {
        if (status.state !== "online") {
          this.table.offline();
          this.live.offline();
          clearTimeout(this.refreshTimer);
        }
        this.events.emit("status", status);
      },
    });
    const request = (frame: object): Promise<Frame> => this.connection.request(frame);
    const emit: Emit = (name, value) => this.events.emit(name, value);
    this.live = new Live({ emit, request, now: this.now, random: this.random, api: this.api, send: (frame) => this.connection.online && this.connection.send(frame) });
    this.table = new Rooms({
      me: () => this.me?.id,
      request,
      emit,
      seen: (room, event) => this.outbox?.seen(room, event),
      flush: (room) => this.outbox?.resume(room),
      detached: (room) => this.live.detached(room),
      random: this.random,
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
    return this.table.list.rooms;
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
    await this.show().catch(() => undefined);
    return user;
  }

  async logout(options: { all?: boolean } = {}): Promise<void> {
    this.connection.close("logged out");
    await this.auth.logout(options.all ?? false);
    this.owner = undefined;
    this.forget();
  }

  connect(): void {
    this.connection.open();
  }

  close(): void {
    this.connection.close();
  }

  /** A random id that stays. */
  private async device(): Promise<string> {
    const known = await this.storage.get(DEVICE).catch(() => null);
    if (known) return known;
    const device = localId();
    await this.storage.set(DEVICE, device).catch(() => undefined);
    return device;
  }

  private identityChanged(): void {
    const user = this.me?.id;
    if (!user) {
      // The login ended. What is on the screen stays until somebody else comes, or the user logs out.
      this.outbox?.stop();
      this.outbox = undefined;
    } else if (user !== this.owner || !this.outbox) {
      const other = user !== this.owner;
      this.owner = user;
      this.outbox?.stop();
      if (other) this.forget();
      this.openOutbox(user);
      if (other) this.connection.restart();
    }
    this.events.emit("me", this.me);
  }

  private forget(): void {
    this.table.clear();
    this.live.clear();
  }

  private openOutbox(user: string): void {
    const outbox = new Outbox({
      storage: this.storage,
      user,
      random: this.random,
      serverNow: () => this.serverNow(),
      textBytes: () => this.limits.text_bytes,
      request: (frame) => this.connection.request(frame),
      ready: (room) => this.connection.online && this.table.mayFlush(room),
      changed: (room) => this.table.handle(room)?.touch(),
      stored: (item, ok) => this.table.handle(item.room)?.stored(item, ok),
      failed: (error) => this.events.emit("error", new ChatmeshError("storage", `the outbox was not stored: ${String(error)}`)),
    });
    this.outbox = outbox;
    void outbox.load().then(() => outbox.resumeAll());
  }

  /** Exchanges the token in time, and shows the new one to the socket. */
  private schedule(waitMs: number): void {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => void this.renew(), waitMs);
  }

  private async renew(): Promise<void> {
    try {
      await this.auth.token(this.auth.session?.access_token);
      await this.show();
      this.refreshAttempt = 0;
      if (this.connection.online) this.schedule(this.auth.dueInMs);
    } catch (error) {
      // What ended the login closes the socket too; anything else is tried again while it is open.
      if (!this.connection.online || (error instanceof ChatmeshError && endsLogin(error))) return;
      this.schedule(backoff(this.refreshAttempt++, this.random));
    }
  }

  /** Shows the token to the socket. */
  private async show(): Promise<void> {
    if (this.connection.online) await this.connection.request({ t: "refresh", token: await this.auth.token() });
  }

  private take(frame: Frame): void {
    const begins = frame.t === "welcome";
    if (begins) {
      this.offset = Number(frame["server_time"]) - this.now();
      this.limits = { ...LIMITS, ...(frame["limits"] as Partial<Limits>) };
    }
    this.live.take(frame);
    this.table.take(frame);
    if (begins || frame.t === "me") this.update(frame["user"] as User);
    if (!begins) return;
    this.schedule(this.auth.dueInMs);
    this.outbox?.resumeAll();
  }

  private update(user: User): void {
    this.auth.update(user).catch((error: unknown) => this.events.emit("error", new ChatmeshError("storage", String(error))));
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
    return this.table.list.known(room);
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
    this.table.list.markRead(room, seq);
  }
}
