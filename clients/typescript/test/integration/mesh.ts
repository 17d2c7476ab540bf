/** A running mesh, people on it, and a wire to it that can be cut. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { WebSocket } from "ws";
import { afterEach } from "vitest";
import { Client, type ClientOptions, type RoomHandle, memoryStorage } from "../../src/index.js";
import { until } from "../until.js";

const found = process.env["CHATMESH_URL"];
if (!found) throw new Error("CHATMESH_URL names no running mesh; `scripts/test e2e` starts one");
export const URL_OF_MESH: string = found;

/** Ends with the test what was opened in it. */
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

export const online = (client: Client): Promise<boolean> => until("online", () => client.status.state === "online");

/** A client that is not logged in. */
export const stranger = (options: ClientOptions = {}): Client => {
  const client = new Client({ url: URL_OF_MESH, WebSocket, storage: memoryStorage(), ...options });
  ends.push(() => client.close());
  return client;
};

/** A guest who is online. */
export const guest = async (name: string, options: ClientOptions = {}): Promise<Client> => {
  const client = stranger(options);
  await client.guest(name);
  client.connect();
  await online(client);
  return client;
};

/** The room, loaded. */
export const opened = async (client: Client, id: string): Promise<RoomHandle> => {
  const room = client.open(id);
  await room.ready;
  return room;
};

/** A public room of the first one, which the others have joined, open for all. */
export const together = async (name: string, ...clients: [Client, ...Client[]]): Promise<RoomHandle[]> => {
  const { room } = await clients[0].api.createRoom({ name, type: "public" });
  for (const client of clients.slice(1)) await client.api.join(room);
  return Promise.all(clients.map((client) => opened(client, room)));
};

export const messages = (room: RoomHandle): string[] =>
  room.entries.filter((entry) => entry.kind === "message").map((entry) => entry.body?.text ?? "-");

/** Everything that was written is stored. */
export const flushed = (room: RoomHandle): Promise<boolean> => until("an empty outbox", () => room.pending.length === 0, 30_000);

/** A wire between a client and the mesh. */
export class Wire {
  private readonly ends = new Set<Socket>();
  private whole = true;

  private constructor(private readonly server: Server) {
    server.on("connection", (near) => this.splice(near));
  }

  static async lay(): Promise<Wire> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const wire = new Wire(server);
    ends.push(() => {
      wire.cut();
      server.close();
    });
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private splice(near: Socket): void {
    if (!this.whole) return void near.destroy();
    const { hostname, port } = new URL(URL_OF_MESH);
    const far = connect(Number(port), hostname);
    for (const [end, other] of [[near, far], [far, near]] as const) {
      this.ends.add(end);
      end.on("error", () => {}).on("close", () => {
        this.ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }

  cut(): void {
    this.whole = false;
    for (const end of this.ends) end.destroy();
  }

  mend(): void {
    this.whole = true;
  }
}
