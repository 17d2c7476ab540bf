/** The rows of one room outside React: the list listens to the order of keys, each row only to itself. */
import type { OutboxItem, RoomHandle } from "@chatmesh/client";
import { client } from "../app/session";
import { buildRows, sameRow, type Row, type RowsInput } from "./rows";

/** While the page is hidden no frame comes; then rows are built this often, in ms. */
const HIDDEN_MS = 250;
/** An unread line at most this many messages back is reached by whole pages. */
const NEAR = 150;
const NEAR_PAGES = 4;

export class Timeline {
  keys: readonly string[] = [];
  /** Messages by others that arrived since the reader last saw the end. */
  unseen = 0;
  /** Raised with every change of the handle that is not a row: loading, errors, edges. */
  version = 0;

  /** `cached`: the last visit's messages stand. `settled`: the unread line is where it belongs and loaded. */
  stage: "empty" | "cached" | "settled" = "empty";

  #rows = new Map<string, Row>();
  #order: readonly Row[] = [];
  #last: RowsInput | undefined;
  #checked: string | undefined;
  #listeners = new Set<() => void>();
  #rowListeners = new Map<string, Set<() => void>>();
  #unreadAfter: number | undefined;
  #lineSeen = false;
  #seen = 0;
  #newest = 0;
  #scheduled = false;
  #stop: () => void;

  constructor(readonly handle: RoomHandle) {
    this.#stop = handle.subscribe(() => this.#schedule());
    this.rebuild();
    void handle.ready.then(() => this.#begin(), () => this.#tell());
  }

  row(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** Whether this row is the newest stored message of the reader, which alone keeps its check. */
  isChecked(key: string): boolean {
    return key === this.#checked;
  }

  /** The rows in order; for those who need neighbours (focus, read marks), not for drawing. */
  get order(): readonly Row[] {
    return this.#order;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  subscribeRow(key: string, listener: () => void): () => void {
    let set = this.#rowListeners.get(key);
    if (!set) this.#rowListeners.set(key, (set = new Set()));
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#rowListeners.delete(key);
    };
  }

  get line(): number | undefined {
    return this.#unreadAfter;
  }

  /** Places the unread line once, at the mark the server gave. */
  placeLine(): void {
    const state = this.handle.state;
    if (state && state.unread > 0) {
      this.#unreadAfter = state.read;
      this.#lineSeen = false;
    } else this.#unreadAfter = undefined;
    this.rebuild();
  }

  clearLine(): void {
    if (this.#unreadAfter === undefined) return;
    this.#unreadAfter = undefined;
    this.rebuild();
  }

  /** The reader has had everything up to `seq` before the eyes. */
  sawUpTo(seq: number): void {
    if (seq <= this.#seen) return;
    this.#seen = seq;
    if (this.#unreadAfter !== undefined && seq > this.#unreadAfter) this.#lineSeen = true;
    const unseen = this.#countUnseen();
    if (unseen !== this.unseen) {
      this.unseen = unseen;
      this.#tell();
    }
  }

  /** Builds the rows now; called directly after the reader's own acts, so that they show in this frame. */
  rebuild(): void {
    const { handle } = this;
    const me = client.me?.id ?? "";
    if (this.stage === "empty" && handle.loading.initial && handle.entries.length > 0) this.stage = "cached";
    this.#noticeArrivals(me);
    const input: RowsInput = { entries: handle.entries, pending: handle.pending, me, unreadAfter: this.#unreadAfter, hasOlder: handle.hasOlder, now: client.serverNow() };
    const { cut, from } = this.#kept(input);
    this.#last = input;
    // A line that stands among the kept rows is not placed again.
    const placed = cut > 0 && this.#rows.has("unread") && this.#order.lastIndexOf(this.#rows.get("unread")!, cut - 1) >= 0;
    const fresh = buildRows({ ...input, from, unreadAfter: placed ? undefined : this.#unreadAfter });
    const tail = new Map(this.#order.slice(cut).map((row) => [row.key, row]));
    for (const key of tail.keys()) this.#rows.delete(key);
    const changed: string[] = [];
    fresh.forEach((row, i) => {
      const old = tail.get(row.key);
      if (old && sameRow(old, row)) fresh[i] = old;
      else if (old) changed.push(row.key);
      this.#rows.set(row.key, fresh[i]!);
    });
    const moved = fresh.length !== this.keys.length - cut || fresh.some((row, i) => row.key !== this.keys[cut + i]);
    this.#order = [...this.#order.slice(0, cut), ...fresh];
    if (moved) this.keys = this.#order.map((row) => row.key);
    changed.push(...this.#moveCheck(me));
    this.unseen = this.#countUnseen();
    for (const key of changed) for (const listener of this.#rowListeners.get(key) ?? []) listener();
    this.#tell();
  }

  release(): void {
    this.#stop();
    this.handle.release();
  }

  /** Loads back to the unread line, page by page while it is near, around it when it is far. */
  async #begin(): Promise<void> {
    const { handle } = this;
    this.#newest = Math.max(handle.state?.head ?? 0, handle.entries.at(-1)?.seq ?? 0);
    this.#seen = handle.state?.read ?? this.#newest;
    this.placeLine();
    const line = this.#unreadAfter;
    const below = (): boolean => line !== undefined && handle.hasOlder && !handle.loadError && (handle.entries[0]?.seq ?? 0) > line;
    try {
      if (below() && (handle.state?.unread ?? 0) > NEAR) await handle.loadAround(line!);
      for (let page = 0; page < NEAR_PAGES && below(); page++) await handle.loadOlder();
    } catch {
      // Without its history the room opens at the end; the edge above says what failed.
    }
    this.stage = "settled";
    this.rebuild();
  }

  /** How many leading rows stand as they are, and the entry to go on from: an arrival must not cost a walk through 50,000. */
  #kept(input: RowsInput): { cut: number; from: number } {
    const last = this.#last;
    const none = { cut: 0, from: 0 };
    if (!last || last.me !== input.me || last.unreadAfter !== input.unreadAfter || last.hasOlder !== input.hasOlder) return none;
    const changes = (all: RowsInput): readonly OutboxItem[] => all.pending.filter((item) => item.kind !== "send");
    const [before, now] = [changes(last), changes(input)];
    if (before.length !== now.length || before.some((item, i) => item !== now[i])) return none;
    let from = 0;
    while (from < last.entries.length && last.entries[from] === input.entries[from]) from++;
    while (from > 0 && input.entries[from - 1]!.kind !== "message") from--;
    const bound = input.entries[from - 1];
    if (!bound) return none;
    const at = this.#order.findLastIndex((row) => row.type === "message" && row.entry === bound);
    return at < 0 ? none : { cut: at + 1, from };
  }

  #moveCheck(me: string): string[] {
    const row = this.#order.findLast((candidate) => candidate.type === "message" && candidate.entry.from.id === me);
    if (row?.key === this.#checked) return [];
    const touched = [this.#checked, row?.key].filter((key) => key !== undefined);
    this.#checked = row?.key;
    return touched;
  }

  #tell(): void {
    this.version++;
    for (const listener of [...this.#listeners]) listener();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = (): void => {
      this.#scheduled = false;
      this.rebuild();
    };
    if (document.hidden) setTimeout(run, HIDDEN_MS);
    else requestAnimationFrame(run);
  }

  /** A message that comes while nobody looks gets a fresh line, unless an unseen one stands above it already. */
  #noticeArrivals(me: string): void {
    const { entries } = this.handle;
    const last = entries.at(-1)?.seq ?? 0;
    if (this.#newest > 0 && last > this.#newest && !(document.hasFocus() && !document.hidden)) {
      const foreign = entries.some((entry) => entry.seq > this.#newest && entry.kind === "message" && entry.from.id !== me);
      if (foreign && (this.#unreadAfter === undefined || this.#lineSeen)) {
        this.#unreadAfter = this.#newest;
        this.#lineSeen = false;
      }
    }
    if (this.#newest > 0) this.#newest = Math.max(this.#newest, last);
  }

  #countUnseen(): number {
    const me = client.me?.id;
    const { entries, hasNewer, state } = this.handle;
    // What is not loaded cannot be counted here; the room knows.
    let count = hasNewer ? (state?.unread ?? 0) : 0;
    if (count > 0) return count;
    for (let i = entries.length - 1; i >= 0 && entries[i]!.seq > this.#seen; i--) if (entries[i]!.kind === "message" && entries[i]!.from.id !== me) count++;
    return count;
  }
}
