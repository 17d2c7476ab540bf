/** The HTTP API, typed. */
import type { Auth } from "./auth.js";
import { ChatmeshError } from "./error.js";
import { type Fetch, call } from "./http.js";
import type { Event, HistoryPage, Member, Paging, Ranked, Room, RoomRole, User } from "./types.js";

type Query = Record<string, string | number | boolean | undefined>;
export type NewRoom = { name: string; type: "public" | "private"; topic?: string } | { type: "direct"; user: string };

export class Api {
  constructor(private readonly origin: string, private readonly fetch: Fetch, private readonly auth: Auth) {}

  private async ask<T>(method: string, path: string, body?: object, query: Query = {}): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    const url = `${this.origin}/v1${path}${search ? `?${search}` : ""}`;
    const token = await this.auth.token();
    try {
      return await call<T>(this.fetch, url, method, token, body);
    } catch (error) {
      if (!(error instanceof ChatmeshError) || error.status !== 401) throw error;
      // The clock may be wrong, or the key new: once more with a fresh token.
      return await call<T>(this.fetch, url, method, await this.auth.token(token), body);
    }
  }

  listRooms = (query: { limit?: number; after?: string } = {}): Promise<{ rooms: Room[]; next?: string }> => this.ask("GET", "/rooms", undefined, query);
  createRoom = (room: NewRoom): Promise<Room> => this.ask("POST", "/rooms", room);
  getRoom = (room: string): Promise<Room> => this.ask("GET", `/rooms/${encodeURIComponent(room)}`);
  patchRoom = (room: string, change: { name?: string; topic?: string }): Promise<Room> => this.ask("PATCH", `/rooms/${encodeURIComponent(room)}`, change);
  join = (room: string): Promise<Room> => this.ask("POST", `/rooms/${encodeURIComponent(room)}/join`);
  leave = (room: string): Promise<null> => this.ask("POST", `/rooms/${encodeURIComponent(room)}/leave`);
  members = (room: string, query: { limit?: number; after?: string } = {}): Promise<{ members: Member[]; next?: string }> =>
    this.ask("GET", `/rooms/${encodeURIComponent(room)}/members`, undefined, query);
  addMember = (room: string, member: { user: string; role?: RoomRole }): Promise<Member> => this.ask("POST", `/rooms/${encodeURIComponent(room)}/members`, member);
  setRole = (room: string, user: string, change: { role: RoomRole }): Promise<Member> => this.ask("PATCH", `/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(user)}`, change);
  removeMember = (room: string, user: string): Promise<null> => this.ask("DELETE", `/rooms/${encodeURIComponent(room)}/members/${encodeURIComponent(user)}`);
  users = (q: string, limit?: number): Promise<{ users: { id: string; name: string; guest: boolean }[] }> => this.ask("GET", "/users", undefined, { q, limit });
  user = (user: string): Promise<User> => this.ask("GET", `/users/${encodeURIComponent(user)}`);
  history = (room: string, paging: Paging = {}): Promise<HistoryPage> => this.ask("GET", `/rooms/${encodeURIComponent(room)}/history`, undefined, { ...paging });
  events = (room: string, query: { after: number; limit?: number }): Promise<{ events: Event[]; more: boolean }> =>
    this.ask("GET", `/rooms/${encodeURIComponent(room)}/events`, undefined, query);
  /** The liveliest public rooms; needs no login. */
  lobby = (limit: number): Promise<{ rooms: Ranked[] }> => call(this.fetch, `${this.origin}/v1/lobby?limit=${limit}`, "GET");
  stats = (): Promise<{ users: number; sockets: number; rooms: number; messages_per_second: number }> => this.ask("GET", "/stats");

  /** A new password ends the user's other logins. */
  patchMe = async (change: { name?: string; password?: string; old_password?: string }): Promise<User> => {
    const user = await this.ask<User>("PATCH", "/me", change);
    await this.auth.update(user);
    return user;
  };
}
