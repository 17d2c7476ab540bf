/** Many messages of many people in little time: bare sockets in a page of their own, below each one's limit. */
import type { Browser } from "@playwright/test";

/** How many one person sends: the limit is 300 a minute. */
const EACH = 250;

/** `${word} 0` … */
export const lines = (word: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${word} ${i}`);

/** Sends them in order; they are stored when this returns. Gives the `seq` of each. */
export async function pour(browser: Browser, room: string, texts: readonly string[]): Promise<number[]> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto("/theme.js");
    return await page.evaluate(async ({ room, texts, each }) => {
      const count = texts.length;
      const post = async (path: string, body: object, token?: string): Promise<{ access_token: string }> => {
        const answer = await fetch(`/v1/${path}`, { method: "POST", headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
        return answer.json();
      };
      const id = (): string => {
        const bytes = crypto.getRandomValues(new Uint8Array(16));
        const time = BigInt(Date.now());
        for (let i = 0; i < 6; i++) bytes[i] = Number((time >> BigInt(8 * (5 - i))) & 255n);
        bytes[6] = 0x70 | (bytes[6]! & 15);
        bytes[8] = 0x80 | (bytes[8]! & 63);
        return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      };
      const seqs: number[] = [];
      for (let from = 0; from < count; from += each) {
        const { access_token: token } = await post("auth/guest", { name: `crowd-${from / each}` });
        await post(`rooms/${room}/join`, {}, token);
        const socket = new WebSocket(`${location.origin.replace("http", "ws")}/v1/connect`, ["chatmesh.v1.json"]);
        const upTo = Math.min(count, from + each);
        await new Promise<void>((done, failed) => {
          socket.onopen = () => socket.send(JSON.stringify({ t: "hello", token, client: { name: "crowd", version: "1" }, attach: "none" }));
          socket.onerror = () => failed(new Error("the socket failed"));
          socket.onmessage = (message) => {
            for (const frame of [JSON.parse(message.data)].flat()) {
              if (frame.t === "welcome") for (let i = from; i < upTo; i++) socket.send(JSON.stringify({ t: "send", ref: i + 1, room, id: id(), body: { text: texts[i] } }));
              else if (frame.t === "ok") seqs[frame.ref - 1] = frame.seq;
              else if (frame.t === "error") failed(new Error(frame.message));
              if (frame.t === "ok" && seqs.filter(Boolean).length === upTo) done();
            }
          };
        });
        socket.close();
      }
      return seqs;
    }, { room, texts, each: EACH });
  } finally {
    await context.close();
  }
}

/** The room of an address. */
export const roomOf = (path: string): string => path.split("/")[2]!;
