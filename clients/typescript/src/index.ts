/** chatmesh for browsers and Node. */
export { type ClientEvents, Client, type ClientOptions } from "./client.ts";
export { ChatmeshError } from "./error.ts";
export { change, begin, isEntry, Timeline } from "./fold.ts";
export { type Codec, codecFor } from "./codec.ts";
export { timeOf, uuidv7 } from "./id.ts";
export { RoomHandle } from "./room.ts";
export { defaultStorage, memoryStorage, type Storage } from "./storage.ts";
export type * from "./types.ts";
