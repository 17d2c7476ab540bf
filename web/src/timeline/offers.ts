/** What a reader may do with a message: one list for the toolbar, its menu, the keyboard and the sheet. */
import type { Entry, Room, User } from "@chatmesh/client";
import type { IconName } from "../app/Icon";
import { useSession } from "../app/session";
import type { Text } from "../i18n/en";
import { useText } from "../i18n/language";
import { useRoom } from "../room/facts";
import { mayDelete, mayEdit, mayPin, mayWrite } from "../room/rights";
import type { RowActions } from "./actions";

export type Act = "reply" | "thread" | "edit" | "copy" | "link" | "pin" | "remove";
export interface Offer { act: Act; icon: IconName; label: string; run: () => void; danger?: boolean }

export function offersOf(entry: Entry, room: Room | undefined, me: User | undefined, actions: RowActions, text: Text): Offer[] {
  if (entry.deleted) return [];
  const offers: (Offer | false)[] = [
    mayWrite(room) && { act: "reply", icon: "reply", label: text.act.reply, run: () => actions.reply(entry.seq) },
    { act: "thread", icon: "thread", label: text.act.thread, run: () => actions.thread(entry.seq) },
    mayEdit(entry, me, room) && { act: "edit", icon: "edit", label: text.act.edit, run: () => actions.edit(entry.seq) },
    { act: "copy", icon: "copy", label: text.act.copy, run: () => actions.copy(entry) },
    { act: "link", icon: "link", label: text.act.link, run: () => actions.link(entry) },
    mayPin(entry, room) && { act: "pin", icon: "pin", label: entry.pinned ? text.act.unpin : text.act.pin, run: () => actions.pin(entry) },
    mayDelete(entry, me, room) && { act: "remove", icon: "trash", label: text.act.remove, run: () => actions.remove(entry), danger: true },
  ];
  return offers.filter((offer): offer is Offer => offer !== false);
}

/** The same for the one who looks, drawn again when rights change. */
export function useOffers(entry: Entry, room: string, actions: RowActions): Offer[] {
  const text = useText();
  const me = useSession((session) => session.me);
  return offersOf(entry, useRoom(room), me, actions, text);
}
