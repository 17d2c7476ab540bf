/** Opens the one room with a person, made if it does not exist. */
import { go } from "../app/address";
import { client } from "../app/session";

export async function writeTo(user: string): Promise<void> {
  const room = await client.api.createRoom({ type: "direct", user });
  go({ view: "room", room: room.room });
}
