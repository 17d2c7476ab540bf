/** How far the others have read, in rooms that are small enough to be told. */
import type { Emit } from "./roomlist.js";
import type { Member } from "./types.js";

type Marks = ReadonlyMap<string, number>;
const NOBODY: Marks = new Map();

export class Readers {
  private readonly rooms = new Map<string, Marks>();
  /** Rooms whose marks are complete: asked for on this connection, and told since. */
  private readonly asked = new Set<string>();

  constructor(private readonly emit: Emit, private readonly members: (room: string) => Promise<{ members: Member[] }>) {}

  /** By user; a new map after each change. */
  of(room: string): Marks {
    return this.rooms.get(room) ?? NOBODY;
  }

  take(room: string, user: string, seq: number): void {
    if ((this.of(room).get(user) ?? 0) >= seq) return;
    this.rooms.set(room, new Map(this.of(room)).set(user, seq));
    this.emit("read", { room, user, seq });
  }

  /** Asks for the marks of a room, once for each connection. */
  async load(room: string): Promise<void> {
    if (this.asked.has(room)) return;
    this.asked.add(room);
    try {
      const { members } = await this.members(room);
      for (const { id, read } of members) if (read !== undefined) this.take(room, id, read);
    } catch {
      this.asked.delete(room);
    }
  }

  offline(): void {
    this.asked.clear();
  }

  clear(): void {
    this.rooms.clear();
  }
}
