/** What this package needs of a WebSocket: the browser's, Node's own (from 22 on), or that of the package `ws`. */

export interface Socket {
  binaryType: string;
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  // Each implementation has event types of its own.
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
}

export type SocketClass = new (url: string, protocols: string[]) => Socket;

/** `readyState` of a socket that takes frames. */
export const OPEN = 1;
