/** From the load of the page, in ms: the first connection and the first room go before what it fetches. */
const LATER_MS = 5_000;

/** Makes the page installable and openable without a network. Not while developing: a worker would serve yesterday's files. */
export function registerWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const register = (): void => void navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined);
  addEventListener("load", () => setTimeout(register, LATER_MS));
}
