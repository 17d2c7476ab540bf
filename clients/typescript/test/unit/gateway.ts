/** A real WebSocket and HTTP server that says what a test tells it to say. */
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decode, encode } from "@msgpack/msgpack";
import { type WebSocket, WebSocketServer } from "ws";
import type { Frame, Room } from "../../src/index.js";
import { until } from "../until.js";

export type Json = Record<string, unknown>;
export interface Reply { status: number; body: Json | string }

/** One socket, seen from the server. */
export class Peer {
  readonly heard: Frame[] = [];
  closed: number | undefined;
  private read = 0;

  constructor(readonly socket: WebSocket) {
    socket.on("message", (data, isBinary) => {
      const value = isBinary ? decode(data) : JSON.parse(Buffer.from(data).toString());
      this.heard.push(value as Frame);
    });
    socket.on("close", (code) => (this.closed = code));
  }

  say(...frames: Json[]): void {
    for (const frame of frames) this.socket.send(this.socket.protocol.endsWith("json") ? JSON.stringify(frame) : encode(frame));
  }

  /** The next frame of this type; those before it are passed over. */
  async next(t: string): Promise<Frame> {
    return until(`a ${t}`, () => {
      while (this.read < this.heard.length) {
        const frame = this.heard[this.read++];
        if (frame?.t === t) return frame;
      }
      return undefined;
    });
  }

  /** Frames of this type that have come so far. */
  all(t: string): Frame[] {
    return this.heard.filter((frame) => frame.t === t);
  }

  async answer(t: string, fields: Json = {}): Promise<Frame> {
    const asked = await this.next(t);
    this.say({ t: "ok", ref: asked.ref, ...(asked.room ? { room: asked.room } : {}), ...fields });
    return asked;
  }

  async refuse(t: string, code: string, more: Json = {}): Promise<Frame> {
    const asked = await this.next(t);
    const retryable = ["rate_limited", "unavailable", "internal"].includes(code);
    this.say({ t: "error", ref: asked.ref, ...(asked.room ? { room: asked.room } : {}), code, message: code, retryable, ...more });
    return asked;
  }

  /** A sign that everything said before has been heard: the answer to a ping of the WebSocket. */
  async settled(): Promise<void> {
    this.say({ t: "pong" });
    const answered = new Promise<void>((resolve) => void this.socket.once("pong", resolve));
    this.socket.ping();
    await answered;
  }
}

export class Gateway {
  readonly peers: Peer[] = [];
  readonly asked: { path: string; body: Json; token: string | undefined }[] = [];
  /** Answers HTTP; anything else is 404. */
  http: (path: string, body: Json) => Reply | undefined = () => undefined;
  url = "";
  private taken = 0;

  private constructor(private readonly server: Server, private readonly sockets: WebSocketServer) {}

  static async start(): Promise<Gateway> {
    const server = createServer((request, response) => {
      void gateway.handle(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": typeof body === "string" ? "text/html" : "application/json" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false });
    const gateway = new Gateway(server, sockets);
    sockets.on("connection", (socket) => gateway.peers.push(new Peer(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    gateway.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return gateway;
  }

  private async handle(request: IncomingMessage): Promise<Reply> {
    let text = "";
    for await (const part of request) text += String(part);
    const path = (request.url ?? "").replace("/v1", "");
    const body = text ? (JSON.parse(text) as Json) : {};
    this.asked.push({ path, body, token: request.headers.authorization?.replace("Bearer ", "") });
    return this.http(path, body) ?? { status: 404, body: { code: "not_found", detail: "no such path" } };
  }

  /** The next socket that connects. */
  async peer(): Promise<Peer> {
    const peer = await until("a socket", () => this.peers[this.taken]);
    this.taken += 1;
    return peer;
  }

  /** The next socket, welcomed. */
  async welcome(fields: Json = {}): Promise<{ peer: Peer; hello: Frame }> {
    const peer = await this.peer();
    const hello = await peer.next("hello");
    peer.say(welcome(fields));
    return { peer, hello };
  }

  async stop(): Promise<void> {
    for (const { socket } of this.peers) socket.terminate();
    this.sockets.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const ME = { id: "me", name: "Ann", role: "member", guest: true };
export const PING_S = 30;

export const welcome = (fields: Json = {}): Json => ({
  t: "welcome",
  session: "s",
  user: ME,
  expires_at: Date.now() + 900_000,
  ping_s: PING_S,
  server_time: Date.now(),
  server: { name: "chatmesh", version: "0", region: "local" },
  features: [],
  limits: { text_bytes: 8192, frame_bytes: 65536, per_minute: 300, history: 200, replay_events: 500, rooms: 100 },
  rooms: [],
  more_rooms: false,
  ...fields,
});

export const view = (room: string, fields: Partial<Room> = {}): Json => ({
  room, name: room, type: "public", role: "member", head: 0, read: 0, unread: 0, mentions: 0, members: 2, ...fields,
});

const ID = "019a0000-0000-7000-8000-00000000";

/** A message, by somebody else unless told. */
export const message = (room: string, seq: number, prev: number | undefined, fields: Json = {}): Json => ({
  t: "event", room, seq, ...(prev === undefined ? {} : { prev }), ts: seq, id: `${ID}${String(seq).padStart(4, "0")}`, from: { id: "bo", name: "Bo" },
  kind: "message", body: { text: `m${seq}` }, ...fields,
});

/** The entry that such a message begins. */
export const entry = (seq: number, fields: Json = {}): Json => ({
  seq, ts: seq, id: `${ID}${String(seq).padStart(4, "0")}`, from: { id: "bo", name: "Bo" }, kind: "message", body: { text: `m${seq}` }, rev: seq, ...fields,
});
