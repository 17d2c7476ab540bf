/** A word of the system when somebody asks for the reader while the page is out of sight. Off until chosen, and so is the sound; none while the reader does not want to be disturbed. */
import type { Event } from "@chatmesh/client";
import { quoteText } from "../timeline/quote";
import { choices, choose } from "../settings/choices";
import { go } from "./address";
import { client, readSession } from "./session";

export const canNotify = (): boolean => typeof Notification === "function";

/** Turned on only if the browser's owner agrees. */
export async function allowNotify(on: boolean): Promise<void> {
  choose({ notify: on && canNotify() && (await Notification.requestPermission()) === "granted" });
}

function wanted(event: Event): boolean {
  const me = client.me?.id;
  if (client.live.status.state === "dnd" || choices.get().muted.includes(event.room)) return false;
  if (event.kind !== "message" || me === undefined || event.from.id === me || (document.hasFocus() && !document.hidden)) return false;
  const room = readSession().rooms.get(event.room);
  // What the reader has seen elsewhere, or what a resume brings late, calls nobody.
  if (!room || event.seq <= room.read) return false;
  return room.type === "direct" || event.body?.mentions?.includes(me) === true;
}

export function watchForMentions(): void {
  client.on("event", (event) => {
    const { notify, sound } = choices.get();
    if (!(notify || sound) || !wanted(event)) return;
    if (sound) void import("./sound").then(({ playSound }) => playSound(), () => undefined);
    if (!notify || !canNotify() || Notification.permission !== "granted") return;
    const room = readSession().rooms.get(event.room);
    const title = room?.type === "direct" ? event.from.name : `${event.from.name} · #${room?.name ?? ""}`;
    // One for each room: a newer one takes the place of the older.
    const shown = new Notification(title, { body: quoteText(event.body?.text ?? ""), tag: event.room, icon: "/icon-192.png", silent: true });
    shown.onclick = () => {
      window.focus();
      go({ view: "room", room: event.room });
      shown.close();
    };
  });
}
