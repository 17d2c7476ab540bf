/** Who is in the attached rooms: a snapshot after each attach, then what changes of it. */
import type { Emit } from "./roomlist.js";
import type { Frame, Person, RoomPresence } from "./types.js";

interface Diff { full?: boolean; joins: Person[]; leaves: string[]; set: { user: string; state: string; text?: string }[]; count: number }

export class Presences {
  private readonly rooms = new Map<string, RoomPresence>();

  constructor(private readonly emit: Emit, private readonly now: () => number) {}

  of(room: string): RoomPresence | undefined {
    return this.rooms.get(room);
  }

  /** Somebody, as the first room tells him that has him. */
  person(user: string): Person | undefined {
    for (const { live, people } of this.rooms.values()) {
      const person = live ? people.get(user) : undefined;
      if (person) return person;
    }
    return undefined;
  }

  take(frame: Frame): void {
    const { full, joins, leaves, set, count } = frame as Frame & Diff;
    const before = this.rooms.get(frame.room ?? "");
    // A change of what is not held: its snapshot comes.
    if (!full && !before?.live) return;
    const people = new Map(full ? [] : before?.people);
    for (const person of joins) people.set(person.id, person);
    for (const user of leaves) people.delete(user);
    for (const { user, ...shown } of set) {
      const known = people.get(user);
      if (known) people.set(user, { id: user, name: known.name, ...shown });
    }
    this.put({ room: frame.room ?? "", people, count, live: true, at: this.now() });
  }

  /** What was known stays, with its time, until the next snapshot. */
  offline(): void {
    for (const room of [...this.rooms.values()]) if (room.live) this.put({ ...room, live: false, at: this.now() });
  }

  forget(room: string): void {
    this.rooms.delete(room);
  }

  clear(): void {
    this.rooms.clear();
  }

  private put(room: RoomPresence): void {
    this.rooms.set(room.room, room);
    this.emit("presence", room);
  }
}
