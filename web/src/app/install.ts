/** Makes the page installable and openable without a network. Not while developing: a worker would serve yesterday's files. */
export function registerWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // Behind the first paint and the first connection: it fetches every file once.
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => undefined));
}
