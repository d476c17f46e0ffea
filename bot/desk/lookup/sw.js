// Keeps the look-up tool and its pack on the device, so that it opens without a line.
const VERSION = '__VERSION__';
const ROOT = '/desk/tra-cuu';
const SHELL = `tra-cuu-${VERSION}`;
const PACK = 'tra-cuu-goi'; // outlives a new version of the tool
const FILES = ['', '/lookup.css', '/lookup.js', '/cards.js', '/search.js', '/figures.js', '/manifest.webmanifest', '/icon.svg', '/icon-192.png'];
const PATIENCE_MS = 4000; // on a bad line what is kept is better than waiting

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(SHELL)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(ROOT + file, { cache: 'reload' }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('tra-cuu-') && name !== SHELL && name !== PACK).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !url.pathname.startsWith(ROOT)) return;
  if (url.pathname === `${ROOT}/goi.json`) event.respondWith(freshPack(event));
  else if (!url.pathname.startsWith(`${ROOT}/the/`)) event.respondWith(shell(event.request, url));
});

// One version of the tool at a time: page, script and style always fit each other.
async function shell(request, url) {
  const isPage = request.mode === 'navigate';
  const kept = await (await caches.open(SHELL)).match(isPage ? ROOT : url.pathname);
  return kept || fetch(request);
}

async function freshPack(event) {
  const cache = await caches.open(PACK);
  const kept = await cache.match(`${ROOT}/goi.json`);
  const asked = fetch(event.request).then(async (answer) => {
    if (answer.ok) await cache.put(`${ROOT}/goi.json`, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  event.waitUntil(asked.catch(() => {}));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const answer = await Promise.race([asked.catch(() => null), late]);
  if (answer && answer.ok) return answer;
  event.waitUntil(asked.then((one) => one.ok && tellPages()).catch(() => {})); // it came after all
  return marked(kept);
}

async function tellPages() {
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage('pack');
}

// The page must be able to tell what is fresh from what was kept.
async function marked(kept) {
  const headers = new Headers(kept.headers);
  headers.set('X-Kept', '1');
  headers.delete('Content-Encoding');
  return new Response(await kept.blob(), { status: 200, headers });
}
