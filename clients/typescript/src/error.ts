/** The one error of this package. */

export class ChatmeshError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** HTTP status, when it came by HTTP. */
  readonly status: number | undefined;
  /** The room's head, when a cursor lies above it. */
  readonly head: number | undefined;

  constructor(code: string, message: string, more: { retryable?: boolean; retryAfterMs?: number; status?: number; head?: number } = {}) {
    super(message);
    this.name = "ChatmeshError";
    this.code = code;
    this.retryable = more.retryable ?? false;
    this.retryAfterMs = more.retryAfterMs;
    this.status = more.status;
    this.head = more.head;
  }
}

/** No answer came: try again. */
export const offline = (message = "not connected"): ChatmeshError => new ChatmeshError("unavailable", message, { retryable: true });

/** Whether the server said that this login is no more; a proxy's page or a lost answer says nothing about it. */
export const endsLogin = (error: ChatmeshError): boolean => error.code === "unauthenticated" || error.code === "forbidden";
