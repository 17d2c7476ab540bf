/** Who is writing where, and telling that the user is. */
import type { Emit } from "./roomlist.js";
import type { Frame, Typing } from "./types.js";

/** The server ends a list after 5 s; one whose end was lost ends by itself. */
const ENDS_MS = 6_000;
/** Somebody who writes on says so this often. */
const TELL_MS = 3_000;

export class Writers {
  private readonly lists = new Map<string, { typing: Typing; timer: ReturnType<typeof setTimeout> }>();
  /** When the user was last said to write in a room, and whether that stands. */
  private readonly told = new Map<string, { at: number; on: boolean }>();

  /** `tell` says whether the frame left. */
  constructor(private readonly emit: Emit, private readonly now: () => number, private readonly tell: (frame: object) => boolean) {}

  of(room: string): Typing | undefined {
    return this.lists.get(room)?.typing;
  }

  take(frame: Frame): void {
    const { room = "", users, count } = frame as Frame & Typing;
    this.end(room);
    if (count > 0) {
      const timer = setTimeout(() => this.end(room, true), ENDS_MS);
      this.lists.set(room, { typing: { room, users, count }, timer });
    }
    this.emit("typing", { room, users, count });
  }

  private end(room: string, say = false): void {
    clearTimeout(this.lists.get(room)?.timer);
    if (this.lists.delete(room) && say) this.emit("typing", { room, users: [], count: 0 });
  }

  /** Called with every change of the text; what is told in vain is left out. */
  set(room: string, on: boolean): void {
    const told = this.told.get(room);
    if (on ? told && this.now() - told.at < TELL_MS : !told?.on) return;
    if (this.tell({ t: "typing", room, on })) this.told.set(room, { at: on ? this.now() : (told?.at ?? 0), on });
  }

  offline(): void {
    this.told.clear();
    for (const room of [...this.lists.keys()]) this.end(room, true);
  }
}
