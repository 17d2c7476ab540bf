/** Calls of the HTTP API, with problems as errors. */
import { ChatmeshError, offline } from "./error.js";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

const WITHIN_MS = 15_000;

const problem = async (response: Response): Promise<ChatmeshError> => {
  const body = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const after = Number(response.headers.get("retry-after"));
  // Without a code it is not the server that speaks.
  const code = body.code ?? "unavailable";
  return new ChatmeshError(code, body.detail ?? `the server answered ${response.status}`, {
    status: response.status,
    retryable: ["rate_limited", "unavailable", "internal"].includes(code),
    ...(after > 0 ? { retryAfterMs: after * 1000 } : {}),
  });
};

/** One request; `null` for an answer without a body. */
export const call = async <T>(fetch: Fetch, url: string, method: string, token?: string, body?: object): Promise<T> => {
  const headers: Record<string, string> = {};
  if (token) headers["authorization"] = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(WITHIN_MS) };
  if (body) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw offline("the server does not answer");
  }
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return null as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw offline("something between here and the server answered");
  }
};
