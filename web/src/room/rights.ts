/** What the protocol lets a reader do with a message; the server decides in the end, this only hides what it would refuse. */
import type { Entry, Room, User } from "@chatmesh/client";

const SMALL_ROOM = 50;
const moderates = (room: Room): boolean => room.role === "owner" || room.role === "moderator";
const isMember = (room: Room | undefined): room is Room => room?.role !== undefined;

export const mayWrite = (room: Room | undefined): boolean => isMember(room);
export const mayEdit = (entry: Entry, me: User | undefined, room: Room | undefined): boolean => !entry.deleted && isMember(room) && entry.from.id === me?.id;
export const mayDelete = (entry: Entry, me: User | undefined, room: Room | undefined): boolean =>
  !entry.deleted && isMember(room) && (entry.from.id === me?.id || moderates(room) || me?.role === "admin" || me?.role === "moderator");
export const mayPin = (entry: Entry, room: Room | undefined): boolean => !entry.deleted && isMember(room) && (moderates(room) || room.members <= SMALL_ROOM);
export const mayManage = (room: Room | undefined): boolean => isMember(room) && room.type !== "direct" && moderates(room);
