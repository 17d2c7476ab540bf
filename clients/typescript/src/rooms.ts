/** The open rooms and what is attached: cursors, replays, gaps. */
import { backoff } from "./backoff.js";
import { ChatmeshError } from "./error.js";
import { errorOf } from "./requests.js";
import type { RoomHandle } from "./room.js";
import { type Emit, RoomList } from "./roomlist.js";
import type { Entry, Event, Frame, Room } from "./types.js";

/** Cursors that `hello` takes. */
const RESUME = 200;

interface Options {
  me: () => string | undefined;
  request: (frame: object) => Promise<Frame>;
  emit: Emit;
  /** An event of the user's own has come. */
  seen: (room: string, event: string) => void;
  /** The room's sends may leave now. */
  flush: (room: string) => void;
  /** Nothing but its log is told of the room any more. */
  detached: (room: string) => void;
  random: () => number;
}

interface Open { handle: RoomHandle; users: number }

export class Rooms {
  readonly list: RoomList;
  private readonly open_ = new Map<string, Open>();
  private readonly attached = new Set<string>();
  /** Last `seq` seen in each room. */
  private readonly last = new Map<string, number>();
  /** Rooms whose replay is asked for or runs: their sends wait for `resumed`. */
  private readonly replaying = new Set<string>();
  /** Rooms in which an event is missing: nothing of them is taken until they are attached again. */
  private readonly holes = new Set<string>();
  /** Rooms that `hello` asked to resume. */
  private asked: ReadonlySet<string> = new Set();
  private readonly attempts = new Map<string, number>();
  private online = false;

  constructor(private readonly options: Options) {
    const { me, request, emit } = options;
    this.list = new RoomList({
      me,
      request,
      emit,
      entries: (room) => this.handle(room)?.entries ?? [],
      touch: (room) => this.handle(room)?.touch(),
    });
  }

  /** Nothing of one user is left for the next. */
  clear(): void {
    for (const held of [this.last, this.attached, this.attempts]) held.clear();
    for (const { handle } of this.open_.values()) handle.forget();
    this.list.clear();
  }

  handle(room: string): RoomHandle | undefined {
    return this.open_.get(room)?.handle;
  }

  mayFlush(room: string): boolean {
    return this.online && !this.replaying.has(room);
  }

  /** The cursors for `hello`. */
  hello(): Record<string, number> {
    const open = [...this.open_.keys()];
    const rest = [...this.attached].filter((room) => !this.open_.has(room));
    const rooms = [...open, ...rest].filter((room) => this.last.has(room)).slice(0, RESUME);
    this.asked = new Set(rooms);
    return Object.fromEntries(rooms.map((room) => [room, this.last.get(room) ?? 0]));
  }

  offline(): void {
    this.online = false;
    this.replaying.clear();
    this.holes.clear();
  }

  private welcome(frame: Frame): void {
    this.online = true;
    this.attached.clear();
    const rooms = frame["rooms"] as Room[];
    for (const { room, head } of rooms) {
      this.attached.add(room);
      if (this.asked.has(room)) continue;
      // Live from its head: what an open one holds may end before that.
      if (this.last.has(room)) this.handle(room)?.forget();
      this.last.set(room, head);
    }
    for (const room of this.asked) {
      this.replaying.add(room);
      this.attached.add(room);
    }
    this.list.begin(rooms, Boolean(frame["more_rooms"]));
    for (const [id, { handle }] of this.open_) {
      if (!this.attached.has(id)) void this.attach(id);
      else void handle.load();
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
    if (!this.list.rooms.has(handle.id) && this.attached.delete(handle.id) && this.online) {
      this.options.detached(handle.id);
      void this.options.request({ t: "detach", room: handle.id }).catch(() => undefined);
    }
  }

  /** Attaches a room behind the last event seen, or at its head, and loads what is shown. */
  private async attach(room: string): Promise<void> {
    if (this.replaying.has(room)) return;
    this.replaying.add(room);
    this.holes.delete(room);
    const after = this.last.get(room);
    try {
      const ok = await this.options.request({ t: "attach", room, after });
      if (after === undefined) this.last.set(room, Math.max(this.last.get(room) ?? 0, Number(ok["head"])));
      if (!this.holes.has(room)) this.attached.add(room);
      this.attempts.delete(room);
      this.list.change(room, { attached: true });
      await this.handle(room)?.load();
    } catch (error) {
      this.failed(room, error);
    }
  }

  /** A room could not be attached. */
  private failed(room: string, error: unknown): void {
    this.attached.delete(room);
    this.replaying.delete(room);
    if (!this.online || !(error instanceof ChatmeshError)) return;
    if (error.code === "conflict") {
      // The cursor is none of this log: the room is loaded anew.
      this.last.delete(room);
      this.handle(room)?.forget();
      void this.attach(room);
      return;
    }
    if (error.retryable) this.later(room, error.retryAfterMs, () => this.attach(room));
    else {
      this.last.delete(room);
      this.handle(room)?.fail(error);
    }
    this.options.flush(room);
  }

  private later(room: string, leastMs = 0, run: () => Promise<void>): void {
    const attempt = this.attempts.get(room) ?? 0;
    this.attempts.set(room, attempt + 1);
    const wanted = (): boolean => this.online && !this.attached.has(room) && (this.open_.has(room) || this.list.rooms.has(room));
    setTimeout(() => wanted() && void run(), leastMs + backoff(attempt, this.options.random));
  }

  /** Something is missing: once more from the last one seen. An attached room has to be detached for that. */
  private async mend(room: string): Promise<void> {
    this.attached.delete(room);
    this.replaying.add(room);
    try {
      await this.options.request({ t: "detach", room });
    } catch (error) {
      return this.failed(room, error);
    }
    this.replaying.delete(room);
    await this.attach(room);
  }

  take(frame: Frame): void {
    const room = frame.room ?? "";
    switch (frame.t) {
      case "welcome":
        return this.welcome(frame);
      case "event":
        return this.event(frame as unknown as Event);
      case "skipped":
        this.last.set(room, Number(frame["until"]));
        this.handle(room)?.skipped(frame["entries"] as Entry[]);
        return;
      case "resumed":
        return this.resumed(room, Number(frame["head"]));
      case "room":
        return this.room(frame);
      case "room_gone":
        return this.gone(room, String(frame["reason"] ?? ""));
      case "activity":
        return this.list.activity(frame);
      case "read":
        return this.list.read(room, String(frame["user"]), Number(frame["seq"]));
      case "error":
        if (frame.ref !== undefined) return;
        if (room) this.failed(room, errorOf(frame));
        else this.options.emit("error", errorOf(frame));
    }
  }

  private room(frame: Frame): void {
    const { t: _t, ...view } = frame as Frame & Room;
    // A room that is new is attached. What is not in the list yet may be an old one too; attaching it again does no harm.
    if (!this.list.rooms.has(view.room) && this.list.complete) this.attached.add(view.room);
    this.list.put({ ...view, attached: this.attached.has(view.room) }, "room");
  }

  private resumed(room: string, head: number): void {
    this.replaying.delete(room);
    if (this.holes.has(room)) {
      this.attached.delete(room);
      return this.later(room, 0, () => this.mend(room));
    }
    this.last.set(room, Math.max(this.last.get(room) ?? 0, head));
    void this.handle(room)?.load();
    this.options.flush(room);
  }

  private event(event: Event): void {
    const { room } = event;
    const last = this.last.get(room);
    if (this.holes.has(room) || (last !== undefined && event.seq <= last)) return;
    if (last !== undefined && event.prev !== undefined && event.prev > last) {
      this.holes.add(room);
      if (!this.replaying.has(room)) void this.mend(room);
      return;
    }
    this.last.set(room, event.seq);
    if (event.from.id === this.options.me()) this.options.seen(room, event.id);
    const handle = this.handle(room);
    this.list.event(event, typeof event.target === "number" ? handle?.entry(event.target) : undefined);
    handle?.take(event);
    this.options.emit("event", event);
  }

  private gone(room: string, reason: string): void {
    const handle = this.handle(room);
    this.attached.delete(room);
    this.options.detached(room);
    this.list.remove(room);
    if (!handle) this.last.delete(room);
    this.options.emit("room_gone", { room, reason });
    // A public room stays readable, behind what was seen of it.
    if (handle && this.online) void this.attach(room);
    handle?.touch();
  }
}
