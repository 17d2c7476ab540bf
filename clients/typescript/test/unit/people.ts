/** A client that is logged in at a scripted gateway, with the clock in the test's hand. */
import { WebSocket } from "ws";
import { afterEach, beforeEach, vi } from "vitest";
import { Client, type ClientOptions, type Frame, type RoomHandle, type Session, type Storage, memoryStorage } from "../../src/index.js";
import { until } from "../until.js";
import { Gateway, type Json, ME, type Peer, type Reply } from "./gateway.js";

export const session = (fields: Partial<Session> = {}): Session => ({
  user: ME, access_token: "a1", refresh_token: "r1", expires_at: Date.now() + 900_000, ...fields,
});

export const stored = async (given: Session = session()): Promise<Storage> => {
  const storage = memoryStorage();
  await storage.set("chatmesh.session", JSON.stringify(given));
  return storage;
};

/** Refreshes count up: a2 and r2, a3 and r3 … */
export const refreshes = (lifeMs = 900_000): ((path: string) => Reply | undefined) => {
  let number = 1;
  return (path) => {
    if (path !== "/auth/refresh") return undefined;
    number += 1;
    return { status: 200, body: { ...session({ access_token: `a${number}`, refresh_token: `r${number}`, expires_at: Date.now() + lifeMs }) } };
  };
};

/** Fakes timers and the date for each test of the file, and ends what it started. */
export const scene = () => {
  const clients: Client[] = [];
  const gateways: Gateway[] = [];
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] }));
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    for (const gateway of gateways.splice(0)) await gateway.stop();
    vi.useRealTimers();
  });
  return {
    async gateway(): Promise<Gateway> {
      const gateway = await Gateway.start();
      gateways.push(gateway);
      return gateway;
    },
    /** A client with a session of an earlier run, connecting. */
    async client(gateway: Gateway, options: ClientOptions = {}): Promise<Client> {
      const client = new Client({ url: gateway.url, WebSocket, storage: await stored(), random: () => 0.5, ...options });
      clients.push(client);
      if (!(await client.restore())) throw new Error("no session in storage");
      client.connect();
      return client;
    },
    /** Both, past `welcome`. */
    async online(fields: Json = {}, options: ClientOptions = {}): Promise<{ gateway: Gateway; client: Client; peer: Peer; hello: Frame }> {
      const gateway = await this.gateway();
      const client = await this.client(gateway, options);
      const { peer, hello } = await gateway.welcome(fields);
      await until("online", () => client.status.state === "online");
      return { gateway, client, peer, hello };
    },
  };
};

export const state = (client: Client, wanted: string): Promise<boolean> => until(`state ${wanted}`, () => client.status.state === wanted);

/** The texts of a room's entries; `-` for one that is deleted. */
export const texts = (room: RoomHandle): string[] => room.entries.map((entry) => entry.body?.text ?? "-");

export type Scene = ReturnType<typeof scene>;
