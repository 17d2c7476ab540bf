/** The cases of `docs/vectors`. */
import { readFileSync } from "node:fs";

export interface FrameCase { name: string; value: unknown; json: string; msgpack: string }
export interface AcceptedCase { name: string; encoding: "json" | "msgpack"; text?: string; hex?: string; frames: Record<string, unknown>[] }
export type Answer = { t: "pong" } | { code: string; ref?: number; room?: string };
export interface RefusedCase {
  name: string;
  encoding: "json" | "msgpack";
  text?: string;
  hex?: string;
  code?: string;
  close?: number;
  answers?: Answer[];
}

export const vectors = <Case>(file: string): Case[] => {
  const path = new URL(`../../../docs/vectors/${file}.json`, import.meta.url);
  const cases = JSON.parse(readFileSync(path, "utf8")) as Case[];
  if (cases.length === 0) throw new Error(`${file} holds no case`);
  return cases;
};

export const fromHex = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
