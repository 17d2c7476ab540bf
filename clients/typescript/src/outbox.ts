/** What the user wants to happen: stored before it is tried, sent room by room in the order of writing, each once. */
import { backoff } from "./backoff.js";
import { ChatmeshError } from "./error.js";
import { localId, timeOf, uuidv7 } from "./id.js";
import { Shelf } from "./shelf.js";
import type { Storage } from "./storage.js";
import type { Frame, OutboxItem } from "./types.js";

/** Ids older than this are refused by the server. */
const ID_LIFE_MS = 7 * 24 * 3_600_000;

export type NewItem = Pick<OutboxItem, "room" | "kind"> & Partial<Pick<OutboxItem, "body" | "target" | "emoji" | "remove">>;

interface Options {
  storage: Storage;
  user: string;
  random: () => number;
  /** The server's time. */
  serverNow: () => number;
  /** Bytes that a text may have. */
  textBytes: () => number;
  request: (frame: object) => Promise<Frame>;
  /** Whether the room's sends may leave now. */
  ready: (room: string) => boolean;
  /** The room's items changed. */
  changed: (room: string) => void;
  stored: (item: OutboxItem, ok: Frame) => void;
  /** The items could not be stored: they last as long as this page. */
  failed: (error: unknown) => void;
}

/** Half a pair of surrogates has no UTF-8: the server would take it for a broken frame and close. */
const wellFormed = (text: string | undefined): string | undefined => text?.replace(/\p{Surrogate}/gu, "\ufffd");

export class Outbox {
  private items: OutboxItem[] = [];
  private readonly busy = new Set<string>();
  private readonly attempts = new Map<string, number>();
  /** Rooms that wait after a failure. */
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Items of an earlier run: the time of their writing is known to be of the past. */
  private readonly inherited = new Set<string>();
  private readonly shelf: Shelf;
  private stopped = false;

  constructor(private readonly options: Options) {
    this.shelf = new Shelf(options.storage, options.user);
  }

  /** Takes over what earlier runs and tabs that are gone have left; it goes before what was written since. */
  async load(): Promise<void> {
    try {
      await this.shelf.takeOver((left) => {
        const known = new Set(this.items.map((item) => item.id));
        const older = left.filter((item) => !known.has(item.id));
        for (const item of older) this.inherited.add(item.id);
        const waiting = older.map((item) => (item.state === "sending" ? { ...item, state: "waiting" as const } : item));
        this.items = [...waiting, ...this.items];
        return this.items;
      });
    } catch (error) {
      this.options.failed(error);
    }
    for (const room of new Set(this.items.map((item) => item.room))) this.options.changed(room);
  }

  private async persist(): Promise<void> {
    try {
      await this.shelf.put(this.items);
    } catch (error) {
      this.options.failed(error);
    }
  }

  of(room: string): OutboxItem[] {
    return this.items.filter((item) => item.room === room);
  }

  add(item: NewItem): OutboxItem {
    const added: OutboxItem = { ...item, id: localId(), created: this.options.serverNow(), state: "waiting" };
    this.items = [...this.items, added];
    void this.persist();
    this.options.changed(item.room);
    void this.flush(item.room);
    return added;
  }

  private update(id: string, change: Partial<OutboxItem>): OutboxItem | undefined {
    const old = this.items.find((item) => item.id === id);
    if (!old) return undefined;
    const next = { ...old, ...change };
    this.items = this.items.map((item) => (item === old ? next : item));
    this.options.changed(next.room);
    return next;
  }

  remove(id: string): void {
    const item = this.items.find((item) => item.id === id);
    if (!item) return;
    this.items = this.items.filter((other) => other !== item);
    this.attempts.delete(id);
    void this.persist();
    this.options.changed(item.room);
  }

  /** The event came before its `ok`. */
  seen(room: string, event: string): void {
    const item = this.items.find((item) => item.room === room && item.event === event);
    if (item) this.remove(item.id);
  }

  /**
   * Sends an item again, as a new event when its old id is spent. `text` replaces what it says, unless it was tried and may be
   * stored as it is.
   */
  retry(id: string, text?: string): void {
    const item = this.items.find((item) => item.id === id);
    if (!item || item.state === "sending") return;
    const spent = item.state === "failed";
    const { error: _error, expired: _expired, retryAt: _retryAt, event, ...rest } = item;
    const next: OutboxItem = { ...rest, state: "waiting" };
    if (!spent && event) next.event = event;
    if (text !== undefined && !next.event) next.body = { ...next.body, text };
    this.inherited.delete(id);
    this.items = this.items.map((other) => (other === item ? next : other));
    void this.persist();
    this.options.changed(item.room);
    this.resume(item.room);
  }

  /** Nothing leaves any more; what is stored is there for the next. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.shelf.close();
  }

  resumeAll(): void {
    for (const room of new Set(this.items.map((item) => item.room))) this.resume(room);
  }

  /** Sends the room's items now, also when they wait: the connection is another, or the user asks. */
  resume(room: string): void {
    clearTimeout(this.timers.get(room));
    this.timers.delete(room);
    void this.flush(room);
  }

  /** Sends the room's items from the first, one at a time, until one has to wait. */
  private async flush(room: string): Promise<void> {
    if (this.busy.has(room)) return;
    this.busy.add(room);
    try {
      while (!this.stopped && !this.timers.has(room) && this.options.ready(room)) {
        const item = this.items.find((item) => item.room === room && item.state !== "failed");
        if (!item) break;
        await this.send(item);
      }
    } finally {
      this.busy.delete(room);
    }
  }

  private async send(item: OutboxItem): Promise<void> {
    const now = this.options.serverNow();
    const event = item.event ?? uuidv7(now);
    const age = now - (item.event || !this.inherited.has(item.id) ? timeOf(event) : item.created);
    if (age > ID_LIFE_MS) {
      this.update(item.id, { state: "failed", expired: true, error: { code: "expired", message: "older than 7 days" } });
      return this.persist();
    }
    const { retryAt: _retryAt, ...rest } = item;
    const sending: OutboxItem = { ...rest, event, state: "sending" };
    this.items = this.items.map((other) => (other === item ? sending : other));
    this.options.changed(item.room);
    await this.persist();
    // Taken back while it was written down.
    if (this.stopped || !this.items.includes(sending)) return;
    const { room, body, target, emoji, remove, kind } = sending;
    const text = wellFormed(body?.text);
    const bytes = new TextEncoder().encode(text ?? "").length;
    if (bytes > this.options.textBytes()) {
      // A frame that is too long would end the connection, again and again.
      return this.refused(sending, new ChatmeshError("too_large", `the text has ${bytes} bytes, ${this.options.textBytes()} are allowed`));
    }
    const wire = body && { ...body, text, reply: undefined, mentions: undefined };
    try {
      const ok = await this.options.request({ t: kind, room, id: event, body: wire, target, emoji: wellFormed(emoji), remove: remove || undefined });
      if (this.stopped) return;
      this.options.stored(sending, ok);
      this.remove(item.id);
    } catch (error) {
      if (!this.stopped) await this.refused(sending, error);
    }
  }

  private async refused(item: OutboxItem, error: unknown): Promise<void> {
    const known = error instanceof ChatmeshError ? error : new ChatmeshError("internal", String(error), { retryable: true });
    // Its event came, or the user took it back.
    if (!this.items.some((other) => other.id === item.id)) return;
    if (!known.retryable) {
      this.update(item.id, { state: "failed", error: { code: known.code, message: known.message } });
      return this.persist();
    }
    const attempt = this.attempts.get(item.id) ?? 0;
    this.attempts.set(item.id, attempt + 1);
    const wait = known.retryAfterMs ?? backoff(attempt, this.options.random);
    this.update(item.id, { state: "waiting", retryAt: this.options.serverNow() + wait });
    clearTimeout(this.timers.get(item.room));
    this.timers.set(item.room, setTimeout(() => this.resume(item.room), wait));
  }
}
