/** Where an outbox lies between runs: a key for each tab, so that tabs do not write over each other. */
import { localId } from "./id.js";
import type { Storage } from "./storage.js";
import type { OutboxItem } from "./types.js";

/** A page that is left may hold its lock a moment longer than the page after it needs to start: so often, and so long apart, it is looked again. */
const LOOKS = 10;
const LOOK_MS = 100;

export class Shelf {
  private readonly tab = localId();
  /** Ends the lock that says that this tab lives. */
  private release: () => void = () => {};

  constructor(private readonly storage: Storage, private readonly user: string) {}

  private key(tab: string): string {
    return `chatmesh.outbox.${this.user}.${tab}`;
  }

  async put(items: readonly OutboxItem[]): Promise<void> {
    const key = this.key(this.tab);
    if (items.length > 0) await this.storage.set(key, JSON.stringify(items));
    else await this.storage.remove(key);
  }

  /** Hands over what is left by tabs that are gone, oldest first; it leaves their keys once it is under this tab's. */
  async takeOver(take: (left: OutboxItem[]) => readonly OutboxItem[]): Promise<void> {
    let alive = await this.alive();
    const prefix = this.key("");
    const others = (await this.storage.keys()).filter((key) => key.startsWith(prefix) && key !== this.key(this.tab));
    for (let look = 0; look < LOOKS && others.some((key) => alive.has(key)); look++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      alive = await locked();
    }
    const keys = others.filter((key) => !alive.has(key));
    const left = new Map<string, OutboxItem>();
    for (const key of keys) {
      for (const item of read(await this.storage.get(key))) {
        // A run that ended while it took over has left two copies: the one that was tried knows its event's id.
        if (!left.get(item.id)?.event) left.set(item.id, item);
      }
    }
    const items = take([...left.values()].sort((a, b) => a.created - b.created));
    if (keys.length === 0) return;
    await this.put(items);
    for (const key of keys) await this.storage.remove(key);
  }

  /** Keys of tabs that run; each holds a lock for as long as it lives. */
  private async alive(): Promise<Set<string>> {
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (!locks) return new Set();
    const ended = new Promise<void>((resolve) => (this.release = resolve));
    void locks.request(this.key(this.tab), () => ended).catch(() => undefined);
    return locked();
  }

  close(): void {
    this.release();
  }
}

const locked = async (): Promise<Set<string>> => {
  const { held = [], pending = [] } = await navigator.locks.query();
  return new Set([...held, ...pending].map((lock) => lock.name ?? ""));
};

const read = (text: string | null): OutboxItem[] => {
  try {
    const items: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(items) ? items : [];
  } catch {
    // Written by something else: nothing that could be sent.
    return [];
  }
};
