/** The rooms that are open in this page: handle, rows and place of reading outlive a switch to another room and back. */
import type { RoomHandle } from "@chatmesh/client";
import type { VirtualItem } from "@tanstack/react-virtual";
import { client } from "../app/session";
import { Timeline } from "../timeline/model";

export interface OpenRoom {
  id: string;
  handle: RoomHandle;
  timeline: Timeline;
  /** Where the reader was when he left in mid-history; absent: at the end, or never here. */
  place?: { offset: number; sizes: VirtualItem[] };
}

/** More than this many are let go, the longest unused first. */
const KEPT = 20;
const opened = new Map<string, OpenRoom>();

export function openRoom(id: string): OpenRoom {
  let room = opened.get(id);
  if (room) {
    opened.delete(id);
    room.timeline.placeLine();
  } else {
    const handle = client.open(id);
    room = { id, handle, timeline: new Timeline(handle) };
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
