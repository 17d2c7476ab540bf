/** What stands in no log: who is there, who writes, how far others have read, the user's own status, the ranked rooms. */
import type { Api } from "./api.js";
import { Lobby } from "./lobby.js";
import { Presences } from "./presence.js";
import { Readers } from "./readers.js";
import type { Emit } from "./roomlist.js";
import type { Delta, Frame, OwnStatus, Person, RoomPresence, Typing } from "./types.js";
import { Writers } from "./typing.js";

/** Who is there but sends nothing says so this often: after 10 minutes without a word the server shows him as away. */
const ACTIVE_MS = 5 * 60_000;
/** Members of the rooms in which the marks of others are told. */
const SMALL = 50;

interface Options {
  emit: Emit;
  now: () => number;
  random: () => number;
  request: (frame: object) => Promise<Frame>;
  /** False: not connected. */
  send: (frame: object) => boolean;
  api: Api;
}

export class Live {
  /** What the server offers, as of the last `welcome`. */
  features: ReadonlySet<string> = new Set();
  status: OwnStatus = { state: "online" };
  readonly lobby: Lobby;
  private readonly presences: Presences;
  private readonly writers: Writers;
  private readonly readers: Readers;
  /** A choice made while it could not be told. */
  private untold = false;
  private activeAt = 0;

  constructor(private readonly options: Options) {
    const { emit, now, api } = options;
    this.lobby = new Lobby(options);
    this.presences = new Presences(emit, now);
    this.writers = new Writers(emit, now, (frame) => this.features.has("typing") && options.send(frame));
    this.readers = new Readers(emit, (room) => api.members(room, { limit: SMALL }));
  }

  /** Who is in a room that is attached. */
  people = (room: string): RoomPresence | undefined => this.presences.of(room);
  /** Somebody who is in a room that is attached; undefined: not there, or nothing is told of him. */
  person = (user: string): Person | undefined => this.presences.person(user);
  /** Who writes in a room, if anybody does. */
  typing = (room: string): Typing | undefined => this.writers.of(room);
  /** Says that the user writes; to be called with every change of the text. */
  setTyping = (room: string, on: boolean): void => this.writers.set(room, on);
  /** Up to where each member has read, in rooms of up to 50. */
  marks = (room: string): ReadonlyMap<string, number> => this.readers.of(room);
  loadMarks = (room: string): Promise<void> => this.readers.load(room);

  /** Holds at once here, and on the user's other devices as soon as it can be told. */
  setStatus(state: OwnStatus["state"], text?: string): void {
    this.chosen({ state, ...(text ? { text } : {}) });
    this.untold = !this.tellStatus();
  }

  /** The user does something that sends nothing: moves, scrolls, reads. */
  noteActivity(): void {
    const now = this.options.now();
    if (this.features.has("status") && now - this.activeAt >= ACTIVE_MS && this.tellStatus()) this.activeAt = now;
  }

  private tellStatus(): boolean {
    return this.options.send({ t: "status", ...this.status });
  }

  private chosen(status: OwnStatus): void {
    if (status.state === this.status.state && status.text === this.status.text) return;
    this.status = status;
    this.options.emit("own_status", status);
  }

  take(frame: Frame): void {
    switch (frame.t) {
      case "welcome":
        return this.welcome(frame);
      case "me":
        // With the status when it was that which changed.
        return this.chosen((frame["status"] as OwnStatus | undefined) ?? this.status);
      case "presence":
        return this.presences.take(frame);
      case "typing":
        return this.writers.take(frame);
      case "read":
        return this.readers.take(frame.room ?? "", String(frame["user"]), Number(frame["seq"]));
      case "lobby":
        return this.lobby.take(frame);
      case "delta":
        this.options.emit("delta", frame as Frame & Delta);
    }
  }

  private welcome(frame: Frame): void {
    this.features = new Set(frame["features"] as string[]);
    this.activeAt = this.options.now();
    if (this.untold) this.untold = !this.tellStatus();
    else this.chosen((frame["status"] as OwnStatus | undefined) ?? this.status);
    this.lobby.welcome(this.features.has("lobby"));
  }

  /** A room is not attached any more. */
  detached(room: string): void {
    this.presences.forget(room);
  }

  offline(): void {
    this.presences.offline();
    this.writers.offline();
    this.readers.offline();
    this.lobby.offline();
  }

  /** Nothing of one user is left for the next. */
  clear(): void {
    this.presences.clear();
    this.readers.clear();
    this.lobby.clear();
    this.untold = false;
    this.chosen({ state: "online" });
  }
}
