/** The ranked list of public rooms: asked for while somebody looks, and again after every break. */
import { backoff } from "./backoff.js";
import { ChatmeshError } from "./error.js";
import type { Emit } from "./roomlist.js";
import type { Frame, Ranked, Ranking } from "./types.js";

interface Options {
  emit: Emit;
  now: () => number;
  random: () => number;
  request: (frame: object) => Promise<Frame>;
}

const order = (a: Ranked, b: Ranked): number => b.active_30m - a.active_30m || b.online - a.online || (a.room < b.room ? -1 : 1);

export class Lobby {
  ranking: Ranking = { rooms: [], state: "none", at: 0 };
  /** One for each who looks: how many rooms. */
  private readonly limits = new Set<{ limit: number }>();
  /** What the server was asked for; 0: nothing. */
  private asked = 0;
  private offered = false;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {}

  /** Keeps the list up to date until the returned function is called. */
  watch(limit = 50): () => void {
    const one = { limit };
    this.limits.add(one);
    void this.ask();
    return () => {
      this.limits.delete(one);
      void this.ask();
    };
  }

  welcome(offered: boolean): void {
    this.offered = offered;
    this.asked = 0;
    this.attempt = 0;
    void this.ask();
  }

  offline(): void {
    this.offered = false;
    this.asked = 0;
    clearTimeout(this.timer);
    if (this.ranking.state === "live") this.put({ state: "stale", at: this.options.now() });
  }

  clear(): void {
    this.put({ rooms: [], state: "none" });
  }

  take(frame: Frame): void {
    const { put, drop } = frame as Frame & { put: Ranked[]; drop: string[] };
    // The end of a list that nobody looks at any more, or a change of one that is on its way.
    if (this.ranking.state !== "live") return;
    const rooms = new Map(this.ranking.rooms.map((room) => [room.room, room]));
    for (const room of drop) rooms.delete(room);
    for (const room of put) rooms.set(room.room, room);
    this.put({ rooms: [...rooms.values()].sort(order), at: this.options.now() });
  }

  private put(change: Partial<Ranking>): void {
    this.ranking = { ...this.ranking, ...change };
    this.options.emit("lobby", this.ranking);
  }

  /** Brings the subscription to what those who look want. */
  private async ask(): Promise<void> {
    const limit = Math.max(0, ...[...this.limits].map((one) => one.limit));
    if (!this.offered || limit === this.asked) return;
    clearTimeout(this.timer);
    this.asked = limit;
    const { now, random, request } = this.options;
    if (limit > 0 && this.ranking.rooms.length === 0) this.put({ state: "loading" });
    try {
      const { rooms } = (await request({ t: "lobby", on: limit > 0, ...(limit > 0 ? { limit } : {}) })) as Frame & { rooms: Ranked[] };
      if (this.asked !== limit) return;
      this.attempt = 0;
      if (limit > 0) this.put({ rooms: [...rooms].sort(order), state: "live", at: now() });
      else this.put({ state: "stale", at: now() });
    } catch (error) {
      if (this.asked !== limit) return;
      this.asked = 0;
      if (limit === 0) return;
      this.put({ state: this.ranking.rooms.length > 0 ? "stale" : "failed" });
      if (error instanceof ChatmeshError && error.retryable) this.timer = setTimeout(() => void this.ask(), backoff(this.attempt++, random));
    }
  }
}
