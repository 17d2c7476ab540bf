/** What can be done with a message, from the toolbar, the keyboard and the sheet alike. */
import type { Entry, RoomHandle } from "@chatmesh/client";
import { addressOf } from "../app/address";
import { say } from "../app/toast";
import type { Text } from "../i18n/en";
import { toNames } from "../composer/mentions";
import { nameOf } from "../room/names";
import { deleteSoon } from "./deletions";

export interface RowActions {
  /** The message whose text is being edited. */
  editing: number | undefined;
  edit(seq: number | undefined): void;
  reply(seq: number): void;
  thread(seq: number): void;
  react(entry: Entry, emoji: string): void;
  pin(entry: Entry): void;
  copy(entry: Entry): void;
  link(entry: Entry): void;
  remove(entry: Entry): void;
}

export interface ActionEnds {
  editing: number | undefined;
  setEditing(seq: number | undefined): void;
  setReply(seq: number | undefined): void;
  openThread(seq: number): void;
}

export function makeActions(handle: RoomHandle, text: Text, ends: ActionEnds): RowActions {
  const put = (copied: string): void => void navigator.clipboard.writeText(copied).then(() => say(text.act.copied), () => say(text.act.failed));
  return {
    editing: ends.editing,
    edit: ends.setEditing,
    reply: ends.setReply,
    thread: ends.openThread,
    react: (entry, emoji) => handle.react(entry.seq, emoji, reacted(handle, entry, emoji)),
    pin: (entry) => handle.pin(entry.seq, entry.pinned === true),
    copy: (entry) => put(toNames(entry.body?.text ?? "", nameOf)),
    link: (entry) => put(location.origin + addressOf({ view: "room", room: handle.id, seq: entry.seq })),
    remove: (entry) => deleteSoon(handle, entry.seq),
  };
}

/** Whether the reader's reaction stands, counting what is still on its way. */
function reacted(handle: RoomHandle, entry: Entry, emoji: string): boolean {
  let on = entry.reactions?.some((reaction) => reaction.emoji === emoji && reaction.me) === true;
  for (const item of handle.pending) if (item.kind === "react" && item.target === entry.seq && item.emoji === emoji && item.state !== "failed") on = item.remove !== true;
  return on;
}
