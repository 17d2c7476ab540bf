/** One WebSocket at a time, kept open: hello, ping, silence, close codes, goaway, backoff. */
import type { Auth } from "./auth.js";
import { backoff } from "./backoff.js";
import type { Codec } from "./codec.js";
import { ChatmeshError, offline } from "./error.js";
import type { Frame, Status } from "./types.js";

/** From opening the socket to `welcome`. */
const WELCOME_MS = 15_000;
/** For the answer to a request. */
const ANSWER_MS = 15_000;
const OVERLOADED = 4003;
const UNAUTHENTICATED = 4401;

interface Options {
  url: string;
  codec: Codec;
  auth: Auth;
  client: { name: string; version: string; device: string };
  WebSocket: typeof WebSocket;
  now: () => number;
  random: () => number;
  /** Cursors for `hello.resume`, at most 200. */
  cursors: () => Record<string, number>;
  onFrame: (frame: Frame) => void;
  onStatus: (status: Status) => void;
}

interface Waiting { resolve: (frame: Frame) => void; reject: (error: ChatmeshError) => void; timer: ReturnType<typeof setTimeout> }

export class Connection {
  status: Status;
  private socket: WebSocket | undefined;
  private wanted = false;
  private attempt = 0;
  private reference = 0;
  private pingMs = 30_000;
  private heardAt = 0;
  private spokeAt = 0;
  private retryAfterMs = 0;
  private usedToken: string | undefined;
  private staleToken: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private beat: ReturnType<typeof setInterval> | undefined;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly options: Options) {
    this.status = { state: "idle", since: options.now() };
    if (typeof addEventListener === "function") {
      addEventListener("online", () => this.hurry());
    }
  }

  open(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.attempt = 0;
    void this.begin();
  }

  close(reason = "closed"): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.drop(1000);
    this.say({ state: "closed", reason });
  }

  get online(): boolean {
    return this.status.state === "online";
  }

  /** Tries now instead of later. */
  hurry(): void {
    if (this.wanted && !this.socket) {
      clearTimeout(this.timer);
      void this.begin();
    }
  }

  private say(status: Omit<Status, "since">): void {
    this.status = { ...status, since: this.options.now() };
    this.options.onStatus(this.status);
  }

  private async begin(): Promise<void> {
    const { options } = this;
    clearTimeout(this.timer);
    if (this.status.state !== "reconnecting") this.say({ state: this.attempt === 0 ? "connecting" : "reconnecting" });
    let token: string;
    try {
      token = await options.auth.token(this.staleToken);
    } catch (error) {
      if (error instanceof ChatmeshError && error.retryable) return this.later(error.message, error.retryAfterMs);
      this.wanted = false;
      return this.say({ state: "closed", reason: "unauthenticated" });
    }
    if (!this.wanted || this.socket) return;
    this.usedToken = token;
    let socket: WebSocket;
    try {
      socket = new options.WebSocket(options.url, [options.codec.subprotocol]);
    } catch {
      return this.later("the address cannot be opened");
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardAt = this.spokeAt = Date.now();
    const late = setTimeout(() => this.socket === socket && !this.online && this.lost(socket, 0, "no welcome"), WELCOME_MS);
    socket.onopen = () => {
      const resume = options.cursors();
      this.send({ t: "hello", token, client: options.client, ...(Object.keys(resume).length > 0 ? { resume } : {}) });
    };
    socket.onmessage = (message) => this.socket === socket && this.hear(message.data);
    socket.onclose = (event) => {
      clearTimeout(late);
      this.lost(socket, event.code, event.reason);
    };
    socket.onerror = () => {};
  }

  private hear(data: unknown): void {
    this.heardAt = Date.now();
    let frames: Frame[];
    try {
      frames = this.options.codec.decode(data);
    } catch {
      // Not ours to guess at: a new connection starts from a known state.
      if (this.socket) this.lost(this.socket, 0, "a frame did not decode");
      return;
    }
    for (const frame of frames) this.take(frame);
  }

  private take(frame: Frame): void {
    if (frame.t === "welcome") this.welcomed(frame);
    else if (frame.t === "goaway") this.leave(frame);
    if (typeof frame.ref === "number" && (frame.t === "ok" || frame.t === "error")) this.settle(frame.ref, frame);
    this.options.onFrame(frame);
  }

  private welcomed(frame: Frame): void {
    this.attempt = 0;
    this.retryAfterMs = 0;
    this.staleToken = undefined;
    this.pingMs = Number(frame["ping_s"] ?? 30) * 1000;
    clearInterval(this.beat);
    this.beat = setInterval(() => this.tick(), Math.min(1_000, this.pingMs / 4));
    this.say({ state: "online" });
  }

  private tick(): void {
    const now = Date.now();
    if (this.socket && now - this.heardAt > 2 * this.pingMs) return this.lost(this.socket, 0, "silence");
    if (now - this.spokeAt >= this.pingMs) this.send({ t: "ping" });
  }

  /** The server asks to move: at a random time within the spread, so that not all come at once. */
  private leave(frame: Frame): void {
    const socket = this.socket;
    this.retryAfterMs = Number(frame["retry_after_ms"] ?? 0);
    if (!this.online || !socket) return;
    setTimeout(() => {
      if (this.socket !== socket) return;
      this.drop(1000);
      this.say({ state: "reconnecting", reason: "goaway", silent: true });
      this.timer = setTimeout(() => void this.begin(), this.retryAfterMs);
    }, this.options.random() * Number(frame["spread_ms"] ?? 0));
  }

  private lost(socket: WebSocket, code: number, reason: string): void {
    if (this.socket !== socket) return;
    this.drop(code);
    if (!this.wanted) return;
    if (code === UNAUTHENTICATED && this.staleToken !== this.usedToken) {
      // Once with another token; when that is refused too, the login has ended.
      this.staleToken = this.usedToken;
      void this.begin();
      return;
    }
    if (code >= 4400 && code < 5000) {
      this.wanted = false;
      return this.say({ state: "closed", reason: reason || String(code) });
    }
    const silent = code === 1012;
    this.later(reason || "the connection broke", code === OVERLOADED || silent ? this.retryAfterMs : undefined, silent);
  }

  private later(reason: string, least = 0, silent = false): void {
    const wait = Math.max(silent ? 0 : backoff(this.attempt, this.options.random), least);
    this.attempt += 1;
    this.say({ state: "reconnecting", reason, retryAt: this.options.now() + wait, ...(silent ? { silent } : {}) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.begin(), wait);
  }

  private drop(code: number): void {
    const socket = this.socket;
    this.socket = undefined;
    clearInterval(this.beat);
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      if (socket.readyState <= 1) socket.close(code === 1000 ? 1000 : undefined);
    }
    for (const reference of [...this.waiting.keys()]) this.settle(reference, undefined);
  }

  private settle(reference: number, frame: Frame | undefined): void {
    const waiting = this.waiting.get(reference);
    if (!waiting) return;
    this.waiting.delete(reference);
    clearTimeout(waiting.timer);
    if (!frame) return waiting.reject(offline("the connection broke"));
    if (frame.t === "ok") return waiting.resolve(frame);
    waiting.reject(errorOf(frame));
  }

  /** False: not connected. */
  send(frame: object): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.spokeAt = Date.now();
    this.socket.send(this.options.codec.encode(frame));
    return true;
  }

  /** Sends a frame with a `ref` and waits for its answer. */
  request(frame: object): Promise<Frame> {
    const ref = ++this.reference;
    return new Promise((resolve, reject) => {
      if (!this.online || !this.send({ ...frame, ref })) return reject(offline());
      const timer = setTimeout(() => {
        this.waiting.delete(ref);
        reject(offline("no answer came"));
      }, ANSWER_MS);
      this.waiting.set(ref, { resolve, reject, timer });
    });
  }
}

export const errorOf = (frame: Frame): ChatmeshError =>
  new ChatmeshError(String(frame["code"] ?? "internal"), String(frame["message"] ?? ""), {
    retryable: Boolean(frame["retryable"]),
    ...(typeof frame["retry_after_ms"] === "number" ? { retryAfterMs: frame["retry_after_ms"] } : {}),
    ...(typeof frame["head"] === "number" ? { head: frame["head"] } : {}),
  });
