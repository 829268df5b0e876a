/* Keeps the last copy of one filing form and of the files that it needs, and shows it where the server cannot be
   reached. Its scope is that one page; the network always comes first, and nothing else is ever kept.

   The copies of a person lie in a cache of that person's name. kept_drafts.js removes those of everybody else on every
   page, and all of them on signing out; a copy is never older than a session may be. */
"use strict";

const PREFIX = "mangnon.filing.";
const LONGEST = 14 * 24 * 60 * 60 * 1000;
const PATIENCE = 15000;
const STATIC = new URL(location.href).searchParams.get("static") || "/static/";
const PAGE = new URL(self.registration.scope).pathname;

self.addEventListener("install", function () {
  self.skipWaiting();
});
self.addEventListener("activate", function (event) {
  event.waitUntil(self.clients.claim());
});
self.addEventListener("fetch", function (event) {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname === PAGE) event.respondWith(page(event));
  } else if (url.pathname.startsWith(STATIC)) {
    event.respondWith(file(event));
  }
});
self.addEventListener("message", function (event) {
  if (event.data && Array.isArray(event.data.keep)) event.waitUntil(keepFirst(event.data.keep));
});

async function ours() {
  return (await caches.keys()).filter(function (name) {
    return name.startsWith(PREFIX);
  });
}
async function forgetPage() {
  await Promise.all(
    (await ours()).map(async function (name) {
      return (await caches.open(name)).delete(PAGE);
    })
  );
}

// --- the page -------------------------------------------------------------------------------------------------------

async function page(event) {
  const network = fetch(event.request);
  network.catch(function () {}); // awaited below, once we know whether there is a copy
  const copy = await copyOfPage();
  let answer;
  try {
    answer = await (copy ? Promise.race([network, impatience()]) : network);
  } catch (error) {
    return copy || Response.error();
  }
  if ([502, 503, 504].includes(answer.status)) return copy || answer;
  event.waitUntil(keepPage(answer.clone()));
  return answer;
}
function impatience() {
  return new Promise(function (resolve, reject) {
    setTimeout(reject, PATIENCE);
  });
}
async function keepPage(answer) {
  const isPage = answer.ok && (answer.headers.get("Content-Type") || "").startsWith("text/html");
  if (!isPage) {
    // Filed, gone, or no longer this person's: what lies here is of no use. A failing server says nothing of that.
    if (answer.status < 500) await forgetPage();
    return;
  }
  const text = await answer.text();
  const person = text.match(/name="mangnon-person"\s+content="([0-9]+)"/);
  if (!person || !text.includes('id="filing"')) return;
  const headers = new Headers(answer.headers);
  ["Content-Encoding", "Content-Length", "Set-Cookie"].forEach(function (name) {
    headers.delete(name);
  });
  headers.set("X-Kept-At", new Date().toISOString());
  const cache = await caches.open(PREFIX + person[1]);
  await cache.put(PAGE, new Response(text, { status: 200, headers: headers }));
}
async function copyOfPage() {
  for (const name of await ours()) {
    const found = await (await caches.open(name)).match(PAGE);
    const at = found && new Date(found.headers.get("X-Kept-At"));
    if (found && Date.now() - at < LONGEST) {
      const time = [at.getHours(), at.getMinutes()].map(two).join(":") + " ngày " + two(at.getDate()) + "/" + two(at.getMonth() + 1);
      const text = (await found.text()).replace("<html ", '<html data-offline="' + time + '" ');
      return new Response(text, { status: 200, headers: found.headers });
    }
  }
  return null;
}
function two(number) {
  return String(number).padStart(2, "0");
}

// --- its files ------------------------------------------------------------------------------------------------------

async function file(event) {
  try {
    const answer = await fetch(event.request);
    if (answer.ok && answer.status === 200) event.waitUntil(keepFile(event.request.url, answer.clone()));
    return answer;
  } catch (error) {
    for (const name of await ours()) {
      const found = await (await caches.open(name)).match(event.request.url, { ignoreVary: true });
      if (found) return found;
    }
    return Response.error();
  }
}
// Files go with the copy of the page, so that they leave with it.
async function keepFile(url, answer) {
  for (const name of await ours()) await (await caches.open(name)).put(url, answer.clone());
}
// On the first visit page and files came before the worker was there. Scripts and styles of an earlier release go.
async function keepFirst(urls) {
  if (!(await copyOfPage())) {
    const answer = await fetch(PAGE, { credentials: "same-origin", redirect: "manual" });
    await keepPage(answer);
  }
  for (const name of await ours()) {
    const cache = await caches.open(name);
    for (const old of await cache.keys()) {
      if (/\.(css|js)$/.test(new URL(old.url).pathname) && !urls.includes(old.url)) await cache.delete(old);
    }
    for (const url of urls) {
      const parts = new URL(url, location.href);
      if (parts.origin !== location.origin || !parts.pathname.startsWith(STATIC)) continue;
      if (!(await cache.match(url, { ignoreVary: true }))) {
        const answer = await fetch(url);
        if (answer.ok) await cache.put(url, answer);
      }
    }
  }
}
