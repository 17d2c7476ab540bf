import { encode } from "@msgpack/msgpack";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Frame, codecFor } from "../../src/index.js";
import { until } from "../until.js";
import { type RefusedCase, fromHex, vectors } from "../vectors.js";
import { URL_OF_MESH } from "./mesh.js";

/** A socket without an SDK, past `welcome`. */
class Bare {
  readonly heard: Frame[] = [];
  closed: number | undefined;

  private constructor(readonly socket: WebSocket, private readonly encoding: "json" | "msgpack") {
    const codec = codecFor(encoding);
    socket.on("message", (data) => void this.heard.push(...codec.decode(encoding === "json" ? Buffer.from(data).toString() : Uint8Array.from(data).buffer)));
    socket.on("close", (code) => (this.closed = code));
    socket.on("error", () => {});
  }

  static async open(encoding: "json" | "msgpack", token: string): Promise<Bare> {
    const bare = new Bare(new WebSocket(`${URL_OF_MESH.replace("http", "ws")}/v1/connect`, [`chatmesh.v1.${encoding}`]), encoding);
    await new Promise<void>((resolve) => void bare.socket.on("open", resolve));
    bare.say({ t: "hello", token, client: { name: "vectors", version: "1" }, attach: "none" });
    await until("welcome", () => bare.heard.some(({ t }) => t === "welcome"));
    bare.heard.length = 0;
    return bare;
  }

  say(frame: object): void {
    this.socket.send(this.encoding === "json" ? JSON.stringify(frame) : encode(frame));
  }

  bytes(bytes: Uint8Array): void {
    this.socket.send(bytes, { binary: this.encoding === "msgpack" });
  }
}

const bytesOf = ({ text, hex }: RefusedCase): Uint8Array => (text === undefined ? fromHex(hex ?? "") : Buffer.from(text));
/** What a vector tells of an answer. */
const told = ({ t, ref, room, code }: Frame): object => (t === "pong" ? { t } : { code, ...(ref === undefined ? {} : { ref }), ...(room ? { room } : {}) });
const cases = vectors<RefusedCase>("refused");

describe.each(["json", "msgpack"] as const)("refused in %s", (encoding) => {
  let token = "";
  let open: Bare;
  beforeAll(async () => {
    const response = await fetch(`${URL_OF_MESH}/v1/auth/guest`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    token = ((await response.json()) as { access_token: string }).access_token;
    open = await Bare.open(encoding, token);
  });
  afterAll(() => open.socket.close());

  test.each(cases.filter((given) => given.encoding === encoding && given.close))("$name: the socket closes", async (given) => {
    const bare = await Bare.open(encoding, token);
    bare.bytes(bytesOf(given));
    await until("the close", () => bare.closed);
    expect(bare.closed).toBe(given.close);
    expect(bare.heard).toMatchObject([{ t: "error", code: given.code, retryable: false }]);
  });

  test.each(cases.filter((given) => given.encoding === encoding && given.answers))("$name: the socket stays open", async (given) => {
    open.heard.length = 0;
    open.bytes(bytesOf(given));
    const answers = given.answers ?? [];
    await until("the answers", () => open.heard.length >= answers.length);
    open.say({ t: "detach", ref: 999, room: "sign" });
    await until("the sign", () => open.heard.some(({ ref }) => ref === 999));
    expect(open.heard.filter(({ ref }) => ref !== 999).map(told)).toEqual(answers);
  });
});
