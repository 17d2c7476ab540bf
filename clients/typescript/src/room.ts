/** One room on the screen: its entries, what is pending, and paging in both directions. */
import type { Client } from "./client.js";
import { ChatmeshError } from "./error.js";
import { Timeline } from "./fold.js";
import type { Body, Entry, Event, Frame, HistoryPage, OutboxItem, Paging, RoomState } from "./types.js";

const PAGE = 50;

export class RoomHandle {
  hasOlder = true;
  hasNewer = false;
  loading = { older: false, newer: false, initial: true };
  loadError: { code: string; message: string } | undefined;
  notFound = false;
  ready: Promise<void>;

  private timeline: Timeline;
  /** The entries in order, made when somebody looks: events come many at a time. */
  private ordered: readonly Entry[] | undefined;
  private readonly listeners = new Set<() => void>();
  private version = 0;
  private told = true;
  private markReady: () => void = () => {};
  /** Pages that are asked for, and the events that came in the meantime: a page may have been made before them. */
  private asking = 0;
  private during: Event[] = [];
  private loaded = false;
  private opening: Promise<void> | undefined;
  /** Raised when what is held is replaced: pages asked for before do not fit any more. */
  private generation = 0;

  constructor(private readonly client: Client, readonly id: string) {
    this.timeline = new Timeline(client.me?.id ?? "");
    this.ready = new Promise((resolve) => (this.markReady = resolve));
  }

  get state(): RoomState | undefined {
    return this.client.known(this.id);
  }

  get pending(): readonly OutboxItem[] {
    return this.client.pendingOf(this.id);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): number => this.version;

  /** Tells listeners once for all changes of this turn. */
  touch(): void {
    this.version += 1;
    if (!this.told) return;
    this.told = false;
    queueMicrotask(() => {
      this.told = true;
      for (const listener of [...this.listeners]) listener();
    });
  }

  /** A new array after each change. */
  get entries(): readonly Entry[] {
    return (this.ordered ??= [...this.timeline.entries.values()].sort((a, b) => a.seq - b.seq));
  }

  private refresh(): void {
    this.ordered = undefined;
    this.touch();
  }

  /** Entries of an earlier visit, shown until the first page comes. */
  seed(entries: readonly Entry[]): void {
    if (this.loaded || this.timeline.entries.size > 0) return;
    this.timeline.add(entries);
    this.refresh();
  }

  /** Lets go of the oldest entries when there are more than `keep`; they are loaded again like any older page. */
  trim(keep: number): void {
    if (!this.loaded || this.hasNewer || this.timeline.entries.size <= keep) return;
    for (const entry of this.entries.slice(0, -keep)) this.timeline.entries.delete(entry.seq);
    this.hasOlder = true;
    this.refresh();
  }

  /** @internal */
  entry(seq: number): Entry | undefined {
    return this.timeline.entries.get(seq);
  }

  /** An event of the room, in order, each once. */
  take(event: Event): void {
    if (this.asking > 0) this.during.push(event);
    if (this.loaded && this.timeline.apply(event, !this.hasNewer)) this.refresh();
  }

  /** Own message, by its `ok`, before its event came. */
  stored(item: OutboxItem, ok: Frame): void {
    const me = this.client.me;
    const seq = Number(ok["seq"]);
    if (item.kind !== "send" || !me || !this.loaded || this.hasNewer || this.timeline.entries.has(seq)) return;
    const from = { id: me.id, name: me.name };
    this.timeline.expect({ seq, id: item.event ?? "", ts: Number(ok["ts"]), from, kind: "message", body: item.body ?? {}, rev: seq });
    this.refresh();
  }

  /** The newest entries after a long absence: what came before is stale. */
  skipped(entries: Entry[]): void {
    this.replace(entries, { older: true, newer: false });
  }

  /** What is held may be of another log, or another user's. */
  forget(): void {
    this.generation += 1;
    this.timeline = new Timeline(this.client.me?.id ?? "");
    this.loaded = false;
    this.opening = undefined;
    this.during = [];
    this.hasOlder = true;
    this.hasNewer = false;
    this.notFound = false;
    this.loadError = undefined;
    this.loading = { older: false, newer: false, initial: true };
    this.refresh();
  }

  private replace(entries: Entry[], beyond: { older: boolean; newer: boolean }): void {
    this.generation += 1;
    this.timeline.clear();
    this.timeline.add(entries);
    this.hasOlder = beyond.older;
    this.hasNewer = beyond.newer;
    this.loaded = true;
    this.notFound = false;
    this.loadError = undefined;
    this.loading = { older: false, newer: false, initial: false };
    this.markReady();
    this.refresh();
  }

  /** Loads the newest page, when nothing is loaded; again after an error. */
  async load(): Promise<void> {
    if (this.loaded) return;
    await (this.opening ??= this.show({ limit: PAGE }).finally(() => (this.opening = undefined)));
  }

  private async page(paging: Paging): Promise<HistoryPage> {
    const frame = await this.client.request({ t: "history", room: this.id, ...paging });
    return frame as unknown as HistoryPage;
  }

  /** Asks for a page, and for what becomes of it by the events that came since it was made. */
  private async ask(paging: Paging, use: (page: HistoryPage) => void): Promise<void> {
    const { generation } = this;
    this.asking += 1;
    this.loadError = undefined;
    this.touch();
    try {
      const page = await this.page(paging);
      if (generation !== this.generation) return;
      use(page);
      for (const event of this.during) if (event.seq > page.as_of) this.timeline.apply(event, !this.hasNewer);
      this.refresh();
    } catch (error) {
      if (generation === this.generation) this.fail(error);
    } finally {
      this.asking -= 1;
      if (this.asking === 0) this.during = [];
    }
  }

  private async show(paging: Paging): Promise<void> {
    // Of two that are asked for the last one counts.
    const generation = ++this.generation;
    this.loading = { older: false, newer: false, initial: true };
    await this.ask(paging, (page) => this.replace(page.entries, page));
    if (generation !== this.generation) return;
    this.loading = { ...this.loading, initial: false };
    this.touch();
  }

  /** @internal */
  fail(error: unknown): void {
    const known = error instanceof ChatmeshError ? error : new ChatmeshError("internal", String(error));
    this.notFound = known.code === "not_found";
    this.loadError = { code: known.code, message: known.message };
    this.touch();
  }

  private async more(side: "older" | "newer", paging: Paging): Promise<void> {
    if (this.loading[side] || !this.loaded) return;
    const { generation } = this;
    this.loading = { ...this.loading, [side]: true };
    await this.ask({ ...paging, limit: PAGE }, (page) => {
      this.timeline.add(page.entries.filter((entry) => (this.entry(entry.seq)?.rev ?? 0) <= entry.rev));
      if (side === "older") this.hasOlder = page.older;
      else this.hasNewer = page.newer;
    });
    // What replaced the entries has its own marks.
    if (generation !== this.generation) return;
    this.loading = { ...this.loading, [side]: false };
    this.touch();
  }

  /** Drops the pages that are under way: nobody looks any more. */
  abandon(): void {
    if (this.loading.initial || !(this.loading.older || this.loading.newer)) return;
    this.generation += 1;
    this.loading = { ...this.loading, older: false, newer: false };
    this.touch();
  }

  async loadOlder(): Promise<void> {
    const first = this.entries[0];
    if (this.hasOlder && first) await this.more("older", { before: first.seq });
  }

  async loadNewer(): Promise<void> {
    const last = this.entries.at(-1);
    if (this.hasNewer && last) await this.more("newer", { after: last.seq });
  }

  async loadAround(seq: number): Promise<void> {
    await this.show({ around: seq, limit: PAGE });
  }

  async toLatest(): Promise<void> {
    if (this.hasNewer || !this.loaded) await this.show({ limit: PAGE });
  }

  async thread(root: number): Promise<{ entries: Entry[]; older: boolean }> {
    const page = await this.page({ thread: root, limit: 200 });
    return { entries: page.entries, older: page.older };
  }

  async pins(): Promise<Entry[]> {
    return (await this.page({ pinned: true, limit: 200 })).entries;
  }

  send(body: Pick<Body, "text" | "reply_to" | "thread">): OutboxItem {
    const clean = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Body;
    return this.client.post({ room: this.id, kind: "send", body: clean });
  }

  edit(target: number, body: { text: string }): OutboxItem {
    return this.client.post({ room: this.id, kind: "edit", target, body: { text: body.text } });
  }

  delete(target: number): OutboxItem {
    return this.client.post({ room: this.id, kind: "delete", target });
  }

  react(target: number, emoji: string, remove = false): OutboxItem {
    return this.client.post({ room: this.id, kind: "react", target, emoji, remove });
  }

  pin(target: number, remove = false): OutboxItem {
    return this.client.post({ room: this.id, kind: "pin", target, remove });
  }

  retry(item: string): void {
    this.client.retry(item);
  }

  discard(item: string): void {
    this.client.discard(item);
  }

  editPending(item: string, text: string): void {
    this.client.retry(item, text);
  }

  markRead(seq: number): void {
    this.client.markRead(this.id, seq);
  }

  typing(on: boolean): void {
    this.client.live.setTyping(this.id, on);
  }

  release(): void {
    this.client.release(this);
  }
}
