/** Somebody who reads a room at the scripted gateway, and whose connection is cut. */
import { vi } from "vitest";
import type { Client, Event } from "../../src/index.js";
import { type Gateway, type Json, type Peer, entry, view } from "./gateway.js";
import { type Scene, state } from "./people.js";

export const page = (entries: Json[], as_of: number, more: Json = {}): Json => ({ entries, as_of, older: false, newer: false, ...more });

/** In the room `r` at its head 3, with three messages. */
export const reader = (at: Scene) => async (welcome: Json = {}) => {
  const begun = await at.online({ rooms: [view("r", { head: 3 })], ...welcome });
  const room = begun.client.open("r");
  await begun.peer.answer("history", page([entry(1), entry(2), entry(3)], 3));
  await room.ready;
  const events: Event[] = [];
  begun.client.on("event", (event) => events.push(event));
  return { ...begun, room, events };
};

/** The socket breaks, and another one comes up to `welcome`. */
export const cut = async (begun: { client: Client; gateway: Gateway; peer: Peer }, welcome: Json) => {
  begun.peer.socket.terminate();
  await state(begun.client, "reconnecting");
  await vi.advanceTimersByTimeAsync((begun.client.status.retryAt ?? 0) - Date.now());
  const { peer, hello } = await begun.gateway.welcome(welcome);
  await state(begun.client, "online");
  return { peer, hello };
};
