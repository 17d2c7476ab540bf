/** The login: tokens in storage, refreshed before they expire, by one tab at a time. */
import { ChatmeshError } from "./error.js";
import { type Fetch, call } from "./http.js";
import type { Storage } from "./storage.js";
import type { Session, User } from "./types.js";

const KEY = "chatmesh.session";
/** A token with less than this left is not handed out: it would expire on its way. */
const MARGIN_MS = 5_000;
/** A token in use is exchanged after this part of what it has left. */
const PART = 2 / 3;

const isSession = (found: unknown): found is Session => {
  const { user, access_token, refresh_token, expires_at } = (found ?? {}) as Partial<Session>;
  const texts = [user?.id, user?.name, access_token, refresh_token];
  return texts.every((text) => typeof text === "string") && typeof expires_at === "number";
};

interface Options { origin: string; fetch: Fetch; storage: Storage; now: () => number }

export class Auth {
  session: Session | undefined;
  /** Told when the session is another, or gone. */
  changed: () => void = () => {};
  private refreshing: Promise<Session> | undefined;

  constructor(private readonly options: Options) {}

  get me(): User | undefined {
    return this.session?.user;
  }

  async restore(): Promise<boolean> {
    this.session = await this.stored();
    this.changed();
    return this.session !== undefined;
  }

  private async stored(): Promise<Session | undefined> {
    try {
      const found: unknown = JSON.parse((await this.options.storage.get(KEY)) ?? "null");
      return isSession(found) ? found : undefined;
    } catch {
      return undefined;
    }
  }

  private async keep(session: Session | undefined): Promise<void> {
    this.session = session;
    try {
      if (session) await this.options.storage.set(KEY, JSON.stringify(session));
      else await this.options.storage.remove(KEY);
    } catch {
      // What cannot be stored lasts as long as the page.
    }
    this.changed();
  }

  private post<T>(path: string, body: object, token?: string): Promise<T> {
    return call(this.options.fetch, `${this.options.origin}/v1/auth/${path}`, "POST", token, body);
  }

  async guest(name?: string): Promise<User> {
    await this.keep(await this.post<Session>("guest", name ? { name } : {}));
    return this.known().user;
  }

  async login(credentials: { name: string; password: string }): Promise<User> {
    await this.keep(await this.post<Session>("login", credentials));
    return this.known().user;
  }

  /** A guest becomes the account and keeps its id. */
  async signup(credentials: { name: string; password: string }): Promise<User> {
    const token = this.session?.user.guest ? await this.token() : undefined;
    await this.keep(await this.post<Session>("signup", credentials, token));
    return this.known().user;
  }

  /** The login ends here in any case; on the server when it can be reached. */
  async logout(all = false): Promise<void> {
    const token = await this.token().catch(() => undefined);
    if (token) await this.post("logout", { all }, token).catch(() => undefined);
    await this.keep(undefined);
  }

  /** The account changed. Another tab may have exchanged the tokens: those in storage are the ones to keep. */
  async update(user: User): Promise<void> {
    const { session } = this;
    if (!session || session.user.id !== user.id || JSON.stringify(session.user) === JSON.stringify(user)) return;
    const stored = await this.stored();
    const newer = stored && stored.user.id === user.id && stored.expires_at > session.expires_at ? stored : session;
    if (this.session === session) await this.keep({ ...newer, user });
  }

  private known(): Session {
    if (!this.session) throw new ChatmeshError("unauthenticated", "log in first");
    return this.session;
  }

  /** An access token that lives for a while still. `stale`: one that the server refused. */
  async token(stale?: string): Promise<string> {
    const session = this.known();
    const fresh = session.expires_at - MARGIN_MS > this.options.now() && session.access_token !== stale;
    return fresh ? session.access_token : (await this.refresh(session)).access_token;
  }

  private refresh(used: Session): Promise<Session> {
    this.refreshing ??= this.exchange(used).finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  private async exchange(used: Session): Promise<Session> {
    const run = async (): Promise<Session> => {
      const stored = await this.stored();
      // Another tab was faster.
      if (stored && stored.user.id === used.user.id && stored.refresh_token !== used.refresh_token && stored.expires_at > used.expires_at) {
        this.session = stored;
        this.changed();
        return stored;
      }
      try {
        await this.keep(await this.post<Session>("refresh", { refresh_token: used.refresh_token }));
      } catch (error) {
        if (error instanceof ChatmeshError && error.code === "unauthenticated") await this.ended(used, stored);
        throw error;
      }
      return this.known();
    };
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    return locks ? await locks.request("chatmesh.refresh", run) : await run();
  }

  /** The login is over; one that somebody else has begun in another tab stays in storage. */
  private async ended(used: Session, stored: Session | undefined): Promise<void> {
    if (stored?.refresh_token === used.refresh_token) return this.keep(undefined);
    this.session = undefined;
    this.changed();
  }

  /** In how many ms the access token should be exchanged, from now. */
  get dueInMs(): number {
    const left = (this.session?.expires_at ?? Infinity) - this.options.now();
    return Math.min(left * PART, 2 ** 31 - 1);
  }
}
