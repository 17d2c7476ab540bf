/** As much of the package `ws` as the tests use. */
declare module "ws" {
  import type { IncomingMessage, Server } from "node:http";

  export class WebSocket {
    constructor(url: string, protocols?: string[]);
    binaryType: string;
    readonly readyState: number;
    readonly protocol: string;
    send(data: string | Uint8Array, options?: { binary: boolean }): void;
    close(code?: number): void;
    terminate(): void;
    ping(): void;
    once(event: "pong", listener: () => void): this;
    on(event: "message", listener: (data: Uint8Array<ArrayBuffer>, isBinary: boolean) => void): this;
    on(event: "close", listener: (code: number) => void): this;
    on(event: "open", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    onopen: ((event: any) => void) | null;
    onmessage: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
  }

  export class WebSocketServer {
    constructor(options: { server: Server; handleProtocols: (offered: Set<string>) => string | false });
    on(event: "connection", listener: (socket: WebSocket, request: IncomingMessage) => void): this;
    close(): void;
  }
}
