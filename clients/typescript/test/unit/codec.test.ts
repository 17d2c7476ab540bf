import { describe, expect, test } from "vitest";
import { codecFor } from "../../src/index.js";
import { type AcceptedCase, type FrameCase, fromHex, toHex, vectors } from "../vectors.js";

const json = codecFor("json");
const pack = codecFor("msgpack");
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

describe("vectors", () => {
  test.each(vectors<FrameCase>("client-frames"))("client says: $name", ({ value, json: text, msgpack }) => {
    expect(json.encode(value as object)).toBe(text);
    expect(toHex(pack.encode(value as object) as Uint8Array)).toBe(msgpack);
  });

  test.each(vectors<FrameCase>("server-frames"))("server says: $name", ({ value, json: text, msgpack }) => {
    expect(json.decode(text)).toEqual(list(value));
    expect(pack.decode(fromHex(msgpack).buffer)).toEqual(list(value));
  });

  test.each(vectors<AcceptedCase>("accepted"))("other bytes: $name, $encoding", ({ encoding, text, hex, frames }) => {
    const decoded = encoding === "json" ? json.decode(text) : pack.decode(fromHex(hex ?? "").buffer);
    expect(decoded.map((frame) => frame.t)).toEqual(frames.map((frame) => frame["t"]));
  });
});

test("fields that are undefined are left out in both encodings", () => {
  const frame = { t: "ping", ref: undefined };
  expect(json.encode(frame)).toBe('{"t":"ping"}');
  expect(toHex(pack.encode(frame) as Uint8Array)).toBe("81a174a470696e67");
});

test("what is no frame is left out, what does not decode throws", () => {
  expect(json.decode('[5, null, {}, {"t":5}, {"t":"pong"}]')).toEqual([{ t: "pong" }]);
  for (const text of ["", "{", '{"t":"pong"} x']) expect(() => json.decode(text)).toThrow();
  for (const hex of ["", "81a174", "81a174a4706f6e67c0", "c1"]) expect(() => pack.decode(fromHex(hex).buffer)).toThrow();
});
