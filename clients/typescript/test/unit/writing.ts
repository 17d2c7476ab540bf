/** Somebody who writes, and what becomes of it at the scripted gateway and in storage. */
import type { Frame, OutboxItem, RoomHandle, Storage } from "../../src/index.js";
import { type Peer, view } from "./gateway.js";
import type { Scene } from "./people.js";

/** A client in the room `r`, which is loaded. */
export const writer = (at: Scene) => async (storage?: Storage) => {
  const begun = await at.online({ rooms: [view("r")] }, storage ? { storage } : {});
  const room = begun.client.open("r");
  await begun.peer.answer("history", { entries: [], as_of: 0, older: false, newer: false });
  await room.ready;
  return { ...begun, room };
};

let seq = 100;
export const store = (peer: Peer, t = "send"): Promise<Frame> => peer.answer(t, { id: "-", seq: ++seq, ts: Date.now(), level: "stored" });
export const said = (frame: Frame): unknown => (frame["body"] as { text: string }).text;
export const pending = (room: RoomHandle): [string | undefined, OutboxItem["state"]][] => room.pending.map((item) => [item.body?.text, item.state]);
export const kept = async (storage: Storage): Promise<OutboxItem[]> => {
  const keys = (await storage.keys()).filter((key) => key.startsWith("chatmesh.outbox."));
  return (await Promise.all(keys.map(async (key) => JSON.parse((await storage.get(key)) ?? "[]") as OutboxItem[]))).flat();
};
