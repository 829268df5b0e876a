/* Saves picked passages while they are typed. The server decides: 409 leaves the field as it is, to be asked about. */
(() => {
  "use strict";
  const form = document.querySelector("[data-collect]");
  if (!form) return;
  const WAIT = 800;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const timers = new Map();
  const stopped = new Set();
  const busy = new Map(); // a field is saved once at a time: the next save starts from what the last one stored
  let leaving = false;

  const baseOf = (field) => form.elements[field.name.replace("text-", "base-")];
  const note = (field, words) => {
    document.getElementById(field.getAttribute("aria-describedby")).textContent = words;
  };
  // A textarea gives \n, a hidden field what it was given: compared in one form.
  const same = (field) => field.value === baseOf(field).value.replace(/\r\n/g, "\n");

  function save(field) {
    clearTimeout(timers.get(field));
    timers.delete(field);
    if (stopped.has(field) || same(field)) return;
    if (busy.has(field)) {
      later(field);
      return;
    }
    busy.set(field, send(field).finally(() => busy.delete(field)));
  }

  async function send(field) {
    const text = field.value;
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, base: baseOf(field).value, text });
    note(field, "Đang lưu…");
    try {
      const answer = await fetch(field.dataset.passage, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: true });
      if (answer.ok && !answer.redirected) {
        const saved = await answer.json();
        baseOf(field).value = saved.text;
        note(field, `Đã lưu ${saved.saved_at}`);
        if (field.value !== text) later(field);
        return;
      }
      if (answer.status === 409 || answer.status === 413) {
        const refused = await answer.json();
        if (answer.status === 409) stopped.add(field);
        note(field, refused.sentence);
        return;
      }
      note(field, "Chưa lưu được. Hãy bấm “Lưu các đoạn”.");
    } catch {
      note(field, "Chưa có mạng, chữ vẫn còn trong ô. Sẽ thử lưu lại.");
      later(field, 5000);
    }
  }

  function later(field, wait = WAIT) {
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => save(field), wait));
  }

  form.addEventListener("input", (event) => {
    if (event.target.dataset.passage) later(event.target);
  });
  form.addEventListener("change", (event) => {
    if (event.target.dataset.passage) save(event.target);
  });
  form.addEventListener("submit", async (event) => {
    leaving = true;
    timers.forEach((timer) => clearTimeout(timer));
    if (!busy.size) return;
    event.preventDefault(); // the page sends what it knows to be stored; otherwise it would clash with itself
    await Promise.allSettled(busy.values());
    form.requestSubmit(event.submitter);
  });
  window.addEventListener("beforeunload", (event) => {
    const open = [...form.querySelectorAll("[data-passage]")].some((field) => !same(field));
    if (open && !leaving) event.preventDefault();
  });
})();
