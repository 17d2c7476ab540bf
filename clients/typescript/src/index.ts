/** chatmesh for browsers and Node. */
export { type ClientEvents, Client, type ClientOptions } from "./client.js";
export { ChatmeshError } from "./error.js";
export { change, begin, isEntry, Timeline } from "./fold.js";
export { type Codec, codecFor } from "./codec.js";
export { timeOf, uuidv7 } from "./id.js";
export { RoomHandle } from "./room.js";
export type { Socket, SocketClass } from "./socket.js";
export { defaultStorage, memoryStorage, type Storage } from "./storage.js";
export type * from "./types.js";
