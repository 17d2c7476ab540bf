/** The user's rooms and the open ones: attachments, cursors, gaps, unread counts. */
import type { ClientEvents } from "./client.js";
import { errorOf } from "./connection.js";
import type { RoomHandle } from "./room.js";
import type { Entry, Event, Frame, Room, RoomState } from "./types.js";

/** Cursors that `hello` takes. */
const RESUME = 200;
const RETRY_MS = 1_000;

interface Options {
  me: () => string | undefined;
  request: (frame: object) => Promise<Frame>;
  emit: <Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]) => void;
  seen: (room: string, event: string) => void;
  flush: (room: string) => void;
}

interface Open { handle: RoomHandle; users: number }

export class Rooms {
  rooms: ReadonlyMap<string, RoomState> = new Map();
  private readonly open_ = new Map<string, Open>();
  /** Rooms seen without being a member. */
  private readonly visited = new Map<string, RoomState>();
  private readonly attached = new Set<string>();
  /** Last `seq` seen in each room. */
  private readonly last = new Map<string, number>();
  /** Rooms whose replay runs: their sends wait for `resumed`. */
  private readonly replaying = new Set<string>();
  private online = false;

  constructor(private readonly options: Options) {}

  clear(): void {
    this.rooms = new Map();
    for (const map of [this.visited, this.last]) map.clear();
    this.attached.clear();
    this.options.emit("rooms", this.rooms);
  }

  handle(room: string): RoomHandle | undefined {
    return this.open_.get(room)?.handle;
  }

  known(room: string): RoomState | undefined {
    return this.rooms.get(room) ?? this.visited.get(room);
  }

  mayFlush(room: string): boolean {
    return this.online && !this.replaying.has(room);
  }

  cursors(): Record<string, number> {
    const open = [...this.open_.keys()];
    const rest = [...this.attached].filter((room) => !this.open_.has(room));
    const rooms = [...open, ...rest].filter((room) => this.last.has(room)).slice(0, RESUME);
    return Object.fromEntries(rooms.map((room) => [room, this.last.get(room) ?? 0]));
  }

  offline(): void {
    this.online = false;
    this.replaying.clear();
  }

  private put(room: RoomState, event: "room" | "activity" | undefined): void {
    if (!room.role) this.visited.set(room.room, room);
    else this.rooms = new Map(this.rooms).set(room.room, room);
    if (event) this.options.emit(event, room);
    this.handle(room.room)?.touch();
  }

  private change(id: string, change: Partial<RoomState>, event?: "activity"): void {
    const room = this.known(id);
    if (room) this.put({ ...room, ...change }, event);
  }

  welcome(frame: Frame): void {
    this.online = true;
    const resumed = new Set(Object.keys(this.cursors()));
    this.attached.clear();
    const rooms = new Map<string, RoomState>();
    for (const room of frame["rooms"] as Room[]) {
      rooms.set(room.room, { ...room, attached: true });
      this.attached.add(room.room);
      if (!resumed.has(room.room)) this.last.set(room.room, room.head);
    }
    for (const room of resumed) {
      this.replaying.add(room);
      this.attached.add(room);
    }
    this.rooms = rooms;
    this.options.emit("rooms", this.rooms);
    if (frame["more_rooms"]) void this.loadRest([...rooms.keys()].at(-1));
    for (const [id, { handle }] of this.open_) {
      if (!this.attached.has(id)) void this.attach(id);
      else void handle.load();
    }
  }

  private async loadRest(after: string | undefined): Promise<void> {
    try {
      for (let more = true; more; ) {
        const page = await this.options.request({ t: "rooms", after, limit: 200 });
        const list = page["rooms"] as Room[];
        const rooms = new Map(this.rooms);
        for (const room of list) if (!rooms.has(room.room)) rooms.set(room.room, { ...room, attached: false });
        this.rooms = rooms;
        after = list.at(-1)?.room;
        more = Boolean(page["more"]) && after !== undefined;
      }
      this.options.emit("rooms", this.rooms);
    } catch {
      // The next `welcome` asks again.
    }
  }

  open(room: string, make: () => RoomHandle): RoomHandle {
    const known = this.open_.get(room);
    if (known) {
      known.users += 1;
      return known.handle;
    }
    const handle = make();
    this.open_.set(room, { handle, users: 1 });
    if (this.online) {
      if (this.attached.has(room)) void handle.load();
      else void this.attach(room);
    }
    return handle;
  }

  release(handle: RoomHandle): void {
    const open = this.open_.get(handle.id);
    if (open?.handle !== handle || --open.users > 0) return;
    this.open_.delete(handle.id);
    if (!this.rooms.has(handle.id) && this.attached.delete(handle.id) && this.online) {
      void this.options.request({ t: "detach", room: handle.id }).catch(() => undefined);
    }
  }

  /** Attaches a room behind the last event seen, or at its head, and loads what is shown. */
  private async attach(room: string): Promise<void> {
    const handle = this.handle(room);
    this.replaying.add(room);
    try {
      const after = this.last.get(room);
      const ok = await this.options.request({ t: "attach", room, after });
      this.attached.add(room);
      if (after === undefined) this.last.set(room, Math.max(this.last.get(room) ?? 0, Number(ok["head"])));
      this.change(room, { attached: true, head: Number(ok["head"]) });
      await handle?.load();
    } catch (error) {
      this.replaying.delete(room);
      this.failed(room, error as ReturnType<typeof errorOf>);
    }
  }

  private failed(room: string, error: { code: string; retryable: boolean; retryAfterMs: number | undefined }): void {
    this.attached.delete(room);
    this.replaying.delete(room);
    if (!this.online) return;
    if (error.code === "conflict") {
      // The cursor is none of this log: the room is loaded anew.
      this.last.delete(room);
      void this.attach(room);
    } else if (error.retryable) {
      setTimeout(() => this.online && !this.attached.has(room) && void this.attach(room), error.retryAfterMs ?? RETRY_MS);
    } else {
      void this.handle(room)?.load();
    }
  }

  take(frame: Frame): void {
    const room = frame.room ?? "";
    switch (frame.t) {
      case "event":
        return this.event(frame as unknown as Event);
      case "skipped":
        this.last.set(room, Number(frame["until"]));
        this.handle(room)?.skipped(frame["entries"] as Entry[]);
        return;
      case "resumed":
        this.replaying.delete(room);
        this.last.set(room, Math.max(this.last.get(room) ?? 0, Number(frame["head"])));
        void this.handle(room)?.load();
        return this.options.flush(room);
      case "room": {
        const { t: _t, ...view } = frame as Frame & Room;
        const joins = !this.rooms.has(room);
        if (joins) this.attached.add(room);
        this.visited.delete(room);
        this.put({ ...view, attached: this.attached.has(room) }, "room");
        if (joins) this.options.emit("rooms", this.rooms);
        return;
      }
      case "room_gone":
        return this.gone(room, String(frame["reason"] ?? ""));
      case "activity":
        return this.change(room, pick(frame, ["head", "unread", "mentions", "last"]), "activity");
      case "read":
        return this.read(room, String(frame["user"]), Number(frame["seq"]));
      case "error":
        if (frame.ref !== undefined) return;
        if (room) this.failed(room, errorOf(frame));
        else this.options.emit("error", errorOf(frame));
    }
  }

  private event(event: Event): void {
    const { room } = event;
    const last = this.last.get(room);
    if (last !== undefined && event.seq <= last) return;
    if (last !== undefined && event.prev !== undefined && event.prev > last) {
      // Something between is missing: once more from the last one seen.
      void this.options.request({ t: "detach", room }).then(() => this.attach(room)).catch(() => undefined);
      return;
    }
    this.last.set(room, event.seq);
    const me = this.options.me();
    if (event.from.id === me) this.options.seen(room, event.id);
    const state = this.known(room);
    if (state) {
      const others = event.kind === "message" && event.from.id !== me && event.seq > state.read;
      const mentioned = others && event.body?.mentions?.includes(me ?? "");
      this.change(room, { head: event.seq, unread: state.unread + (others ? 1 : 0), mentions: state.mentions + (mentioned ? 1 : 0) });
    }
    this.handle(room)?.take(event);
    this.options.emit("event", event);
  }

  private gone(room: string, reason: string): void {
    const rooms = new Map(this.rooms);
    rooms.delete(room);
    this.rooms = rooms;
    this.attached.delete(room);
    this.last.delete(room);
    this.options.emit("room_gone", { room, reason });
    this.options.emit("rooms", this.rooms);
    const handle = this.handle(room);
    // A public room stays readable.
    if (handle && this.online) void this.attach(room);
    handle?.touch();
  }

  private read(room: string, user: string, seq: number): void {
    if (user === this.options.me()) this.counted(room, seq);
    this.options.emit("read", { room, user, seq });
  }

  private counted(id: string, seq: number): void {
    const room = this.known(id);
    if (!room || seq <= room.read) return;
    const me = this.options.me() ?? "";
    const entries = this.handle(id)?.entries ?? [];
    const after = entries.filter((entry) => entry.seq > seq && entry.kind === "message" && !entry.deleted && entry.from.id !== me);
    const exact = seq >= room.head || (entries[0]?.seq ?? Infinity) <= seq;
    const unread = exact ? after.length : room.unread;
    const mentions = exact ? after.filter((entry) => entry.body?.mentions?.includes(me)).length : room.mentions;
    this.change(id, { read: seq, unread, mentions }, "activity");
  }

  markRead(room: string, seq: number): void {
    const state = this.rooms.get(room);
    if (!state || seq <= state.read || !this.online) return;
    void this.options.request({ t: "read", room, seq }).catch(() => undefined);
    this.counted(room, seq);
  }
}

const pick = (frame: Frame, names: string[]): Partial<RoomState> =>
  Object.fromEntries(names.filter((name) => frame[name] !== undefined).map((name) => [name, frame[name]]));
