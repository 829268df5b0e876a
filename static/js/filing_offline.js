/* The filing form, 8: opens without a network as well. filing_worker.js keeps the last copy of this page and its
   files; here it is set up, told what to keep, and given the draft as the server last confirmed it, which a copy of
   the page does not know. */
(function () {
  "use strict";

  const filing = window.filing;
  const kept = window.mangnonKept;
  if (!filing || !kept) return;

  const form = filing.form;
  const here = location.pathname;
  const name = kept.PREFIX + kept.person;
  const copiedAt = document.documentElement.dataset.offline; // set by the worker in a copy

  async function setUp() {
    if (!("serviceWorker" in navigator) || !window.caches || !kept.person || copiedAt) return;
    try {
      await navigator.serviceWorker.register(form.dataset.worker + "?static=" + form.dataset.static, { scope: here });
      const registration = await navigator.serviceWorker.ready;
      const files = Array.from(document.querySelectorAll("script[src], link[rel=stylesheet], link[rel=icon]"), function (one) {
        return one.src || one.href;
      });
      const fonts = performance.getEntriesByType("resource").map(function (entry) {
        return entry.name;
      });
      registration.active.postMessage({ keep: Array.from(new Set(files.concat(fonts))) });
    } catch (error) {
      // Not https, or the browser keeps nothing: the form works as before, but not without a network.
    }
  }
  form.addEventListener("filing:adopted", async function (event) {
    try {
      if (await caches.has(name)) {
        const cache = await caches.open(name);
        await cache.put(here + "ban-nhap", new Response(JSON.stringify(event.detail)));
      }
    } catch (error) {
      // The copy of the page is older then; merging on the server does not mind.
    }
  });
  // In a copy: first the draft as it was last confirmed, so that saved text is there too.
  async function catchUp() {
    if (!copiedAt) return;
    filing.show("offline", "Chưa có mạng: đây là bản trang giữ trên máy lúc " + copiedAt + "; chữ ghi tiếp vẫn được giữ");
    try {
      const found = await (await caches.open(name)).match(here + "ban-nhap");
      const draft = found && (await found.json());
      if (draft && draft.draft_version > filing.version()) filing.adopt(draft, {});
    } catch (error) {
      // Without it the page shows the text as it was when it was loaded.
    }
  }

  Object.assign(filing, { setUpCopy: setUp, catchUp: catchUp });
})();
