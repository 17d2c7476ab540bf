/** The service worker: the page opens without a network with the files of its own version. Never touches `/v1`. */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: every file of this version, and a name that changes with any of them. */
declare const FILES: readonly string[];
declare const VERSION_NAME: string;

const CACHE = `chatmesh-${VERSION_NAME}`;
/** A network that says nothing for so long is none. */
const PATIENCE_MS = 4_000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("chatmesh-") && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

/** The page of the server while it answers, so that a new version is seen at the next visit; else the own one. */
async function page(request: Request): Promise<Response> {
  const own = await caches.match("/", { cacheName: CACHE });
  if (!own) return fetch(request);
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return own;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/v1/") || url.pathname.startsWith("/docs")) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else event.respondWith(caches.match(request, { cacheName: CACHE }).then((own) => own ?? fetch(request)));
});
