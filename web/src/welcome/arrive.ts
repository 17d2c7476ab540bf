/** Where a new guest lands: in the room of the address, else in the liveliest public room, ready to write. */
import type { Room } from "@chatmesh/client";
import { go, readPlace } from "../app/address";
import { client } from "../app/session";

const lastActivity = (room: Room): number => room.last?.ts ?? 0;

/** @param firstName the name of the room that is made when the place has none yet: a first guest should not stand before an empty list */
export async function arrive(firstName: string): Promise<void> {
  try {
    const place = readPlace();
    if (place.view === "rooms") return;
    if (place.view === "room") {
      await client.api.join(place.room);
      return;
    }
    const { rooms } = await client.api.listRooms({ limit: 100 });
    const [liveliest] = [...rooms].sort((a, b) => lastActivity(b) - lastActivity(a) || b.members - a.members);
    const room = liveliest ? await client.api.join(liveliest.room) : await client.api.createRoom({ name: firstName, type: "public" });
    // Who has gone somewhere by now is not called back.
    if (readPlace() === place) go({ view: "room", room: room.room }, "replace");
  } catch {
    // Whatever refused: the list of rooms is a good place to go on from.
    if (readPlace().view === "home") go({ view: "rooms" }, "replace");
  }
}
