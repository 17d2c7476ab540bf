/** Both encodings of the wire. */
import { Decoder, Encoder } from "@msgpack/msgpack";
import type { Frame } from "./types.js";

export interface Codec {
  subprotocol: string;
  encode(frame: object): string | Uint8Array<ArrayBuffer>;
  /** Throws on bytes that do not decode. */
  decode(data: unknown): Frame[];
}

const frames = (value: unknown): Frame[] => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((frame): frame is Frame => typeof frame === "object" && frame !== null && "t" in frame && typeof frame.t === "string");
};

const messagePack = (): Codec => {
  const encoder = new Encoder({ ignoreUndefined: true });
  const decoder = new Decoder();
  return {
    subprotocol: "chatmesh.v1.msgpack",
    encode: (frame) => encoder.encode(frame),
    decode: (data) => frames(decoder.decode(new Uint8Array(data as ArrayBuffer))),
  };
};

const json = (): Codec => ({
  subprotocol: "chatmesh.v1.json",
  encode: (frame) => JSON.stringify(frame),
  decode: (data) => frames(JSON.parse(String(data))),
});

export const codecFor = (encoding: "msgpack" | "json"): Codec => (encoding === "json" ? json() : messagePack());
