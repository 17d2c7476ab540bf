/** The user's rooms as a list keeps them: names, counts, read marks. Knows no attachment. */
import type { ClientEvents } from "./client.js";
import { ChatmeshError } from "./error.js";
import type { Entry, Event, Frame, Room, RoomState } from "./types.js";
import { grown, readUpTo } from "./unread.js";

export type Emit = <Name extends keyof ClientEvents>(name: Name, value: ClientEvents[Name]) => void;

interface Options {
  me: () => string | undefined;
  request: (frame: object) => Promise<Frame>;
  emit: Emit;
  /** The entries of a room that are loaded. */
  entries: (room: string) => readonly Entry[];
  /** What is shown of a room may look different. */
  touch: (room: string) => void;
}

export class RoomList {
  rooms: ReadonlyMap<string, RoomState> = new Map();
  /** All of the user's rooms are in `rooms`. */
  complete = false;
  /** Rooms seen without being a member. */
  private readonly visited = new Map<string, RoomState>();
  /** Read marks that the server has not confirmed. */
  private readonly marks = new Map<string, number>();

  constructor(private readonly options: Options) {}

  clear(): void {
    this.rooms = new Map();
    this.visited.clear();
    this.marks.clear();
    this.options.emit("rooms", this.rooms);
  }

  known(room: string): RoomState | undefined {
    return this.rooms.get(room) ?? this.visited.get(room);
  }

  /** The rooms of `welcome`; the rest of them is asked for. */
  begin(rooms: readonly Room[], more: boolean): void {
    const before = more ? this.rooms : new Map<string, RoomState>();
    this.rooms = new Map(rooms.map((room) => [room.room, { ...room, attached: true }]));
    // Those of before stay until it is known that they are none any more.
    const rest = new Map([...before].filter(([id]) => !this.rooms.has(id)).map(([id, room]) => [id, { ...room, attached: false }]));
    this.rooms = new Map([...this.rooms, ...rest]);
    this.complete = !more;
    this.options.emit("rooms", this.rooms);
    if (more) void this.loadRest(rooms.at(-1)?.room, rest);
    for (const [room, seq] of this.marks) this.tellRead(room, seq);
  }

  /** `old`: rooms of before; what of them is not listed has ended. */
  private async loadRest(after: string | undefined, old: Map<string, RoomState>): Promise<void> {
    try {
      for (let more = true; more; ) {
        const page = await this.options.request({ t: "rooms", after, limit: 200 });
        const list = page["rooms"] as Room[];
        const rooms = new Map(this.rooms);
        for (const room of list) {
          if (!rooms.has(room.room) || old.delete(room.room)) rooms.set(room.room, { ...room, attached: false });
        }
        this.rooms = rooms;
        after = list.at(-1)?.room;
        more = Boolean(page["more"]) && after !== undefined;
      }
      this.complete = true;
      this.rooms = new Map([...this.rooms].filter(([id, room]) => old.get(id) !== room));
      this.options.emit("rooms", this.rooms);
    } catch {
      // The next `welcome` asks again.
    }
  }

  put(room: RoomState, event?: "room" | "activity"): void {
    if (!room.role) this.visited.set(room.room, room);
    else {
      const joins = !this.rooms.has(room.room);
      this.visited.delete(room.room);
      this.rooms = new Map(this.rooms).set(room.room, room);
      if (joins) this.options.emit("rooms", this.rooms);
    }
    if (event) this.options.emit(event, room);
    this.options.touch(room.room);
  }

  change(id: string, change: Partial<RoomState>, event?: "activity"): void {
    const room = this.known(id);
    if (room) this.put({ ...room, ...change }, event);
  }

  remove(room: string): void {
    const rooms = new Map(this.rooms);
    if (!rooms.delete(room)) return;
    this.rooms = rooms;
    this.marks.delete(room);
    this.options.emit("rooms", this.rooms);
  }

  /** `target`: the entry that the event changes, as it was before. */
  event(event: Event, target: Entry | undefined): void {
    const room = this.known(event.room);
    if (room) this.change(event.room, grown(room, event, this.options.me() ?? "", target));
  }

  activity(frame: Frame): void {
    const told = ["head", "unread", "mentions", "last"].filter((name) => frame[name] !== undefined);
    this.change(frame.room ?? "", Object.fromEntries(told.map((name) => [name, frame[name]])), "activity");
  }

  read(room: string, user: string, seq: number): void {
    if (user === this.options.me()) this.counted(room, seq);
  }

  private counted(id: string, seq: number): void {
    const room = this.known(id);
    if (!room || seq <= room.read) return;
    this.change(id, readUpTo(room, seq, this.options.me() ?? "", this.options.entries(id)), "activity");
  }

  /** Holds at once here; told to the server when it can be reached. */
  markRead(room: string, seq: number): void {
    const state = this.rooms.get(room);
    if (!state || seq <= state.read) return;
    this.marks.set(room, seq);
    this.tellRead(room, seq);
  }

  private tellRead(room: string, seq: number): void {
    this.counted(room, seq);
    const settled = (): void => {
      if (this.marks.get(room) === seq) this.marks.delete(room);
    };
    // What may pass later is told again after the next `welcome`.
    const refused = (error: unknown): void => {
      if (!(error instanceof ChatmeshError) || !error.retryable) settled();
    };
    void this.options.request({ t: "read", room, seq }).then(settled, refused);
  }
}
