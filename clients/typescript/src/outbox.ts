/** What the user wants to happen: stored before it is tried, sent room by room in the order of writing, each once. */
import { backoff } from "./backoff.js";
import { ChatmeshError } from "./error.js";
import { localId, timeOf, uuidv7 } from "./id.js";
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
  request: (frame: object) => Promise<Frame>;
  /** Whether the room's sends may leave now. */
  ready: (room: string) => boolean;
  /** The room's items changed. */
  changed: (room: string) => void;
  stored: (item: OutboxItem, ok: Frame) => void;
}

export class Outbox {
  private items: OutboxItem[] = [];
  private readonly busy = new Set<string>();
  private readonly attempts = new Map<string, number>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly tab = localId();
  private stopped = false;

  constructor(private readonly options: Options) {}

  private key(tab: string): string {
    return `chatmesh.outbox.${this.options.user}.${tab}`;
  }

  /** Takes over what tabs that are gone have left. */
  async load(): Promise<void> {
    const alive = await this.aliveTabs();
    const prefix = this.key("");
    for (const key of (await this.options.storage.keys()).filter((key) => key.startsWith(prefix))) {
      if (alive.has(key) || key === this.key(this.tab)) continue;
      try {
        const left = JSON.parse((await this.options.storage.get(key)) ?? "[]") as OutboxItem[];
        this.items.push(...left.map((item) => (item.state === "sending" ? { ...item, state: "waiting" as const } : item)));
      } catch {
        // Written by something else: nothing that could be sent.
      }
      this.items.sort((a, b) => a.created - b.created);
      await this.persist();
      await this.options.storage.remove(key);
    }
    for (const room of new Set(this.items.map((item) => item.room))) this.options.changed(room);
  }

  /** Keys of tabs that run; each holds a lock for as long as it lives. */
  private async aliveTabs(): Promise<Set<string>> {
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (!locks) return new Set();
    void locks.request(this.key(this.tab), () => new Promise(() => {})).catch(() => undefined);
    const held = (await locks.query()).held ?? [];
    return new Set(held.map((lock) => lock.name ?? ""));
  }

  private async persist(): Promise<void> {
    if (this.items.length > 0) await this.options.storage.set(this.key(this.tab), JSON.stringify(this.items));
    else await this.options.storage.remove(this.key(this.tab));
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

  /** Sends a failed item again, as a new event when its old id is spent; `text` replaces what it says. */
  retry(id: string, text?: string): void {
    const item = this.items.find((item) => item.id === id);
    if (!item) return;
    const spent = item.state === "failed" || item.expired;
    const { error: _error, expired: _expired, retryAt: _retryAt, event, ...rest } = item;
    const next: OutboxItem = { ...rest, state: "waiting" };
    if (!spent && event) next.event = event;
    if (text !== undefined) next.body = { ...next.body, text };
    this.items = this.items.map((other) => (other === item ? next : other));
    void this.persist();
    this.options.changed(item.room);
    void this.flush(item.room);
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  flushAll(): void {
    for (const room of new Set(this.items.map((item) => item.room))) void this.flush(room);
  }

  /** Sends the room's items from the first, one at a time, until one has to wait. */
  async flush(room: string): Promise<void> {
    if (this.busy.has(room)) return;
    this.busy.add(room);
    clearTimeout(this.timers.get(room));
    try {
      while (!this.stopped && this.options.ready(room)) {
        const item = this.items.find((item) => item.room === room && item.state !== "failed");
        if (!item || !(await this.send(item))) break;
      }
    } finally {
      this.busy.delete(room);
    }
  }

  /** False: the room has to wait. */
  private async send(item: OutboxItem): Promise<boolean> {
    const event = item.event ?? uuidv7(this.options.serverNow());
    if (timeOf(event) < this.options.serverNow() - ID_LIFE_MS) {
      this.update(item.id, { state: "failed", expired: true, error: { code: "expired", message: "older than 7 days" } });
      void this.persist();
      return true;
    }
    const sending = this.update(item.id, { event, state: "sending" });
    await this.persist();
    if (!sending) return true;
    const { room, body, target, emoji, remove, kind } = sending;
    const wire = body && { ...body, reply: undefined, mentions: undefined };
    try {
      const ok = await this.options.request({ t: kind, room, id: event, body: wire, target, emoji, remove: remove || undefined });
      this.attempts.delete(item.id);
      this.options.stored(sending, ok);
      this.remove(item.id);
      return true;
    } catch (error) {
      const known = error instanceof ChatmeshError ? error : new ChatmeshError("internal", String(error), { retryable: true });
      if (!this.items.some((other) => other.id === item.id)) return true;
      if (!known.retryable) {
        this.update(item.id, { state: "failed", error: { code: known.code, message: known.message } });
        void this.persist();
        return true;
      }
      const attempt = this.attempts.get(item.id) ?? 0;
      this.attempts.set(item.id, attempt + 1);
      const wait = known.retryAfterMs ?? backoff(attempt, this.options.random);
      this.update(item.id, { state: "waiting", retryAt: this.options.serverNow() + wait });
      this.timers.set(room, setTimeout(() => void this.flush(room), wait));
      return false;
    }
  }
}
