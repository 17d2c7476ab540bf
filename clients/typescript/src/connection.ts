/** One WebSocket at a time, kept open: hello, ping, silence, close codes, goaway, backoff. */
import type { Auth } from "./auth.js";
import { backoff } from "./backoff.js";
import type { Codec } from "./codec.js";
import { ChatmeshError, endsLogin } from "./error.js";
import { Requests } from "./requests.js";
import { OPEN, type Socket, type SocketClass } from "./socket.js";
import type { Frame, Status } from "./types.js";

/** From opening the socket to `welcome`. */
const WELCOME_MS = 15_000;
/** A connection that lasted this long was a good one: the next attempt is a first one again. */
const STABLE_MS = 5_000;
const NORMAL = 1000;
const RESTART = 1012;
const OVERLOADED = 4003;
const UNAUTHENTICATED = 4401;
/** From here to 4999: not again, before something changes. */
const FINAL = 4400;

interface Options {
  url: string;
  codec: Codec;
  auth: Auth;
  /** What `hello` says of the client. */
  client: () => Promise<{ name: string; version: string; device: string }>;
  WebSocket: SocketClass | undefined;
  now: () => number;
  random: () => number;
  /** Cursors for `hello.resume`, at most 200. */
  cursors: () => Record<string, number>;
  onFrame: (frame: Frame) => void;
  onStatus: (status: Status) => void;
}

export class Connection {
  status: Status;
  private socket: Socket | undefined;
  private wanted = false;
  /** Raised by whatever makes an attempt under way needless. */
  private turn = 0;
  private attempt = 0;
  private pingMs = 30_000;
  private heardAt = 0;
  private spokeAt = 0;
  private welcomedAt = 0;
  /** The socket's `goaway`: when to leave, and how long to stay away. */
  private away: { at: number; restMs: number } | undefined;
  private usedToken: string | undefined;
  /** A token that was refused; another one is tried once. */
  private staleToken: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private readonly requests = new Requests((frame) => this.online && this.send(frame));

  constructor(private readonly options: Options) {
    this.status = { state: "idle", since: options.now() };
    if (typeof addEventListener === "function") addEventListener("online", () => this.hurry());
  }

  open(): void {
    if (!this.options.WebSocket) throw new ChatmeshError("internal", "this platform has no WebSocket: give one in the options");
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    this.staleToken = undefined;
    void this.begin();
  }

  close(reason = "closed"): void {
    this.wanted = false;
    this.drop();
    this.say({ state: "closed", reason });
  }

  /** Begins anew when a connection is wanted: somebody else has logged in. */
  restart(): void {
    if (!this.wanted) return;
    this.drop();
    this.attempt = 0;
    void this.begin();
  }

  get online(): boolean {
    return this.status.state === "online";
  }

  /** Tries now instead of later. */
  private hurry(): void {
    if (this.wanted && !this.socket) void this.begin();
  }

  private say(status: Omit<Status, "since">): void {
    this.status = { ...status, since: this.options.now() };
    this.options.onStatus(this.status);
  }

  private async begin(): Promise<void> {
    const { options } = this;
    const turn = ++this.turn;
    clearTimeout(this.timer);
    if (this.status.state !== "reconnecting") this.say({ state: this.attempt === 0 ? "connecting" : "reconnecting" });
    let token: string;
    let client: object;
    try {
      token = await options.auth.token(this.staleToken);
      client = await options.client();
    } catch (error) {
      if (turn === this.turn) this.failed(error);
      return;
    }
    if (turn !== this.turn || !options.WebSocket) return;
    this.usedToken = token;
    this.away = undefined;
    let socket: Socket;
    try {
      socket = new options.WebSocket(options.url, [options.codec.subprotocol]);
    } catch {
      return this.later("the address cannot be opened");
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardAt = this.spokeAt = Date.now();
    this.timer = setTimeout(() => this.lost(socket, 0, "no welcome"), WELCOME_MS);
    socket.onopen = () => {
      const resume = options.cursors();
      this.send({ t: "hello", token, client, ...(Object.keys(resume).length > 0 ? { resume } : {}) });
    };
    socket.onmessage = (message: { data: unknown }) => this.hear(socket, message.data);
    socket.onclose = (event: { code: number; reason: string }) => this.lost(socket, event.code, event.reason);
    // What went wrong is told by `onclose`; some implementations throw when nobody listens.
    socket.onerror = () => {};
  }

  /** No token: only the server's word ends the login, anything else is tried again. */
  private failed(error: unknown): void {
    const known = error instanceof ChatmeshError ? error : undefined;
    if (!known || !endsLogin(known)) return this.later(known?.message ?? String(error), known?.retryAfterMs);
    this.wanted = false;
    this.say({ state: "closed", reason: known.code });
  }

  private hear(socket: Socket, data: unknown): void {
    if (this.socket !== socket) return;
    this.heardAt = Date.now();
    let frames: Frame[];
    try {
      frames = this.options.codec.decode(data);
    } catch {
      // Not ours to guess at: a new connection starts from a known state.
      return this.lost(socket, 0, "a frame did not decode");
    }
    for (const frame of frames) {
      // What a frame leads to may end this connection.
      if (this.socket !== socket) return;
      this.take(frame);
    }
  }

  private take(frame: Frame): void {
    if (frame.t === "welcome") this.welcomed(frame);
    else if (frame.t === "goaway") this.leave(frame);
    else if (frame.t === "ok" || frame.t === "error") this.requests.answered(frame);
    this.options.onFrame(frame);
  }

  private welcomed(frame: Frame): void {
    clearTimeout(this.timer);
    this.welcomedAt = Date.now();
    this.staleToken = undefined;
    this.pingMs = Number(frame["ping_s"] ?? 30) * 1000;
    clearInterval(this.beat);
    this.beat = setInterval(() => this.tick(), Math.min(1_000, this.pingMs / 4));
    this.say({ state: "online" });
  }

  private tick(): void {
    const now = Date.now();
    // The clock was set back: what was counted by it begins anew.
    if (now < this.heardAt) this.heardAt = this.spokeAt = now;
    if (this.socket && now - this.heardAt > 2 * this.pingMs) return this.lost(this.socket, 0, "silence");
    if (now - this.spokeAt >= this.pingMs) this.send({ t: "ping" });
  }

  /** The server asks to move: at a random time within the spread, so that not all come at once. */
  private leave(frame: Frame): void {
    const socket = this.socket;
    const wait = this.options.random() * Number(frame["spread_ms"] ?? 0);
    this.away = { at: Date.now() + wait, restMs: Number(frame["retry_after_ms"] ?? 0) };
    if (!this.online || !socket) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(socket, RESTART, String(frame["reason"] ?? "goaway")), wait);
  }

  private lost(socket: Socket, code: number, reason: string): void {
    if (this.socket !== socket) return;
    if (this.online && Date.now() - this.welcomedAt >= STABLE_MS) this.attempt = 0;
    const { away } = this;
    const moved = code === RESTART || (away !== undefined && this.online);
    this.drop();
    const ends = { reason: reason || String(code), code };
    if (code === UNAUTHENTICATED && this.staleToken === undefined) {
      // Once with another token; when that is refused too, the login has ended.
      this.staleToken = this.usedToken;
      void this.begin();
      return;
    }
    if ((code >= FINAL && code < 5000) || (code === NORMAL && !moved)) {
      this.wanted = false;
      return this.say({ state: "closed", ...ends, ...(code === UNAUTHENTICATED ? { reason: "unauthenticated" } : {}) });
    }
    const rest = away ? Math.max(0, away.at - Date.now()) + away.restMs : 0;
    // The spread of a `goaway` has the jitter in it; who was let in and sent away again waits as after a failure.
    const wait = moved && away && this.attempt === 0 ? rest : rest + backoff(this.attempt, this.options.random);
    this.wait(code === OVERLOADED ? "overloaded" : reason || "the connection broke", wait, moved);
  }

  private later(reason: string, least = 0): void {
    this.wait(reason, least + backoff(this.attempt, this.options.random), false);
  }

  private wait(reason: string, wait: number, silent: boolean): void {
    this.attempt += 1;
    this.say({ state: "reconnecting", reason, retryAt: this.options.now() + wait, ...(silent ? { silent } : {}) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), wait);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = undefined;
    this.turn += 1;
    clearTimeout(this.timer);
    clearInterval(this.beat);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (socket.readyState <= OPEN) socket.close(socket.readyState === OPEN ? NORMAL : undefined);
    }
    this.requests.broken();
  }

  /** False: not connected. */
  send(frame: object): boolean {
    if (this.socket?.readyState !== OPEN) return false;
    this.spokeAt = Date.now();
    this.socket.send(this.options.codec.encode(frame));
    return true;
  }

  /** Sends a frame with a `ref` and waits for its answer. */
  request(frame: object): Promise<Frame> {
    return this.requests.ask(frame);
  }
}
