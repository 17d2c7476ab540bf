/** Listens to the frames between page and mesh, and may hold, change or lose some: real answers, only late or otherwise. */
import { decode, encode } from "@msgpack/msgpack";
import type { Page, WebSocketRoute } from "@playwright/test";

export type Frame = { t: string; ref?: number; room?: string; [field: string]: unknown };
/** What becomes of a frame: itself, something else, or nothing. */
type Rule = (frame: Frame) => Frame | undefined;

export interface Wire {
  /** What the page has sent, and what the mesh has, in order. */
  sent: Frame[];
  heard: Frame[];
  fromPage: Rule;
  fromMesh: Rule;
  /** Says something to the page as if the mesh had. */
  say(frame: Frame): void;
  close(code: number): Promise<void>;
}

const pass: Rule = (frame) => frame;

/** Must come before the page connects. */
export async function tapWire(page: Page): Promise<Wire> {
  let now: WebSocketRoute | undefined;
  const wire: Wire = {
    sent: [],
    heard: [],
    fromPage: pass,
    fromMesh: pass,
    say: (frame) => now?.send(Buffer.from(encode(frame))),
    close: async (code) => now?.close({ code }),
  };
  const relay = (kept: Frame[], rule: () => Rule, out: (bytes: Buffer) => void) => (message: string | Buffer): void => {
    const whole = decode(message as Buffer) as Frame | Frame[];
    for (const frame of [whole].flat()) {
      kept.push(frame);
      const next = rule()(frame);
      if (next) out(Buffer.from(encode(next, { ignoreUndefined: true })));
    }
  };
  await page.routeWebSocket(/\/v1\/connect/, (socket) => {
    now = socket;
    const mesh = socket.connectToServer();
    socket.onMessage(relay(wire.sent, () => wire.fromPage, (bytes) => mesh.send(bytes)));
    mesh.onMessage(relay(wire.heard, () => wire.fromMesh, (bytes) => socket.send(bytes)));
  });
  return wire;
}
