/** Requests of one connection, each waiting for the answer with its `ref`. */
import { ChatmeshError, offline } from "./error.js";
import type { Frame } from "./types.js";

/** For the answer to a request. */
const ANSWER_MS = 15_000;

interface Waiting { resolve: (frame: Frame) => void; reject: (error: ChatmeshError) => void; timer: ReturnType<typeof setTimeout> }

export const errorOf = (frame: Frame): ChatmeshError =>
  new ChatmeshError(String(frame["code"] ?? "internal"), String(frame["message"] ?? ""), {
    retryable: Boolean(frame["retryable"]),
    ...(typeof frame["retry_after_ms"] === "number" ? { retryAfterMs: frame["retry_after_ms"] } : {}),
    ...(typeof frame["head"] === "number" ? { head: frame["head"] } : {}),
  });

export class Requests {
  private reference = 0;
  private readonly waiting = new Map<number, Waiting>();

  /** `send` says whether the frame left. */
  constructor(private readonly send: (frame: object) => boolean) {}

  ask(frame: object): Promise<Frame> {
    const ref = ++this.reference;
    return new Promise((resolve, reject) => {
      if (!this.send({ ...frame, ref })) return reject(offline());
      const timer = setTimeout(() => {
        this.waiting.delete(ref);
        reject(offline("no answer came"));
      }, ANSWER_MS);
      this.waiting.set(ref, { resolve, reject, timer });
    });
  }

  answered(frame: Frame): void {
    const waiting = frame.ref === undefined ? undefined : this.take(frame.ref);
    if (frame.t === "ok") waiting?.resolve(frame);
    else waiting?.reject(errorOf(frame));
  }

  /** The connection is gone: whether what was asked has happened is not known. */
  broken(): void {
    for (const ref of [...this.waiting.keys()]) this.take(ref)?.reject(offline("the connection broke"));
  }

  private take(ref: number): Waiting | undefined {
    const waiting = this.waiting.get(ref);
    this.waiting.delete(ref);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}
