/** The rooms that are open in this page: handle, rows and place of reading outlive a switch to another room and back. */
import type { RoomHandle } from "@chatmesh/client";
import type { VirtualItem } from "@tanstack/react-virtual";
import { client } from "../app/session";
import { makeStore } from "../app/store";
import { readEntries } from "../cache/database";
import { keepEntries } from "../cache/keep";
import { Timeline } from "../timeline/model";

export interface OpenRoom {
  id: string;
  handle: RoomHandle;
  timeline: Timeline;
  /** Where the reader was when he left in mid-history, in px; absent: at the end, or never here. */
  place?: number;
  /** What the rows measured then. */
  sizes?: VirtualItem[];
}

/** More than this many are let go, the longest unused first. */
const KEPT = 20;
/** Messages that a room keeps while another one is shown. */
const HELD = 200;
const opened = new Map<string, OpenRoom>();

/** How many messages wait in the rooms that are open. */
export const waiting = makeStore(0);
const countWaiting = (): void => waiting.set([...opened.values()].reduce((sum, room) => sum + room.handle.pending.filter((item) => item.kind === "send" && item.state !== "failed").length, 0));

/** Shows what the last visit left, until the first page comes; and leaves something for the next. */
function remember(handle: RoomHandle): void {
  const user = client.me?.id;
  if (user === undefined) return;
  void readEntries(user, handle.id).then((entries) => handle.seed(entries));
  handle.subscribe(() => {
    countWaiting();
    keepEntries(user, handle);
  });
}

/** A room that is not shown waits for no pages, and holds its newest messages only, unless the reader is in the middle of it. */
export function rest(room: OpenRoom): void {
  room.handle.abandon();
  if (room.place === undefined) room.handle.trim(HELD);
}

export function openRoom(id: string): OpenRoom {
  let room = opened.get(id);
  if (room) {
    opened.delete(id);
    room.timeline.placeLine();
  } else {
    const handle = client.open(id);
    room = { id, handle, timeline: new Timeline(handle) };
    remember(handle);
  }
  opened.set(id, room);
  for (const [old, oldest] of opened) {
    if (opened.size <= KEPT) break;
    opened.delete(old);
    oldest.timeline.release();
  }
  return room;
}

/** After a log-out nothing of the last user stays in memory. */
export function closeRooms(): void {
  for (const room of opened.values()) room.timeline.release();
  opened.clear();
}

/** Lets a room go: it was left, or is to be opened anew. */
export function closeRoom(id: string): void {
  opened.get(id)?.timeline.release();
  opened.delete(id);
}
