/* The filing form, 2: saves by itself and loses nothing.

   `base` is the draft as the server last confirmed it; a field that differs from it is unsent. Unsent text lies in the
   browser's storage until the server has it (kept_drafts.js). A request whose answer did not come may have been
   served: it is sent again as it was before anything newer. A field that two people changed is held back until one of
   the texts is chosen. */
(function () {
  "use strict";

  const filing = window.filing;
  const kept = window.mangnonKept;
  if (!filing || !kept) return;

  const PAUSE = 1000; // milliseconds of rest before a save
  const TIMEOUT = 20000;
  const RETRY = [3000, 5000, 10000, 20000, 30000];
  const form = filing.form;
  const line = document.getElementById("filing-state");
  const held = new Set();
  const orphans = {}; // kept texts of fields that the form has no longer
  const report = form.dataset.filing.split(".")[0];
  const key = kept.PREFIX + form.dataset.filing + "." + Date.now() + Math.random().toString(36).slice(2);
  const title = (document.querySelector("h1") || document).textContent.trim();
  let base = parsed(form.elements.base.value);
  let version = Number(form.elements.draft_version.value);
  let timer = 0;
  let tries = 0;
  let running = null;
  let closed = false;
  let pending = null; // changes that were sent without hearing back
  let goingTo = null; // the button that was pressed and waits for the save
  let ready = false;
  let isKept = true; // whether the browser took the unsent text

  function parsed(text) {
    try {
      const found = JSON.parse(text);
      return found && typeof found === "object" ? found : {};
    } catch (error) {
      return {};
    }
  }
  function confirmed(name) {
    return base[name] || "";
  }
  function unsent() {
    const changes = {};
    filing.names().forEach(function (name) {
      const now = filing.text(name);
      if (now !== confirmed(name)) changes[name] = [confirmed(name), now];
    });
    return changes;
  }
  function sendable() {
    const changes = unsent();
    held.forEach(function (name) {
      delete changes[name];
    });
    return changes;
  }
  function tell(names, kind, at) {
    if (names.length) filing.emit("filing:state", { names: names, kind: kind, at: at || "" });
  }

  // --- what the browser keeps ---------------------------------------------------------------------------------------

  // A kept change is [was, now], and what may have reached the server without our knowing.
  function keep() {
    const changes = Object.assign({}, orphans, unsent());
    const labels = {};
    Object.entries(pending || {}).forEach(function (entry) {
      const name = entry[0];
      if (filing.first(name)) changes[name] = [(changes[name] || entry[1])[0], filing.text(name), entry[1][1]];
    });
    Object.keys(changes).forEach(function (name) {
      labels[name] = filing.first(name) ? filing.label(name) : name;
    });
    isKept = kept.write(key, { at: Date.now(), title: title, changes: changes, labels: labels });
    return isKept;
  }
  // What is said of unsent text must be true where the browser has no room for it, too.
  function keeping() {
    return isKept ? "chữ vẫn được giữ trên máy này" : "máy này không giữ được chữ: đừng đóng trang";
  }
  // What an earlier page, or another window that was closed, left behind: into untouched fields, or asked about.
  function restore(from) {
    const record = kept.read(from);
    if (!record || from === key) return;
    const restored = [];
    Object.entries(record.changes).forEach(function (entry) {
      const name = entry[0];
      const [was, now, sent] = entry[1];
      if (name.endsWith(".caption")) return;
      if (!filing.first(name)) {
        if (now) orphans[name] = [was, now];
        return;
      }
      if (now === confirmed(name) || now === filing.text(name)) return;
      if (filing.text(name) !== confirmed(name)) {
        filing.ask(name, "Ở một cửa sổ khác trên máy này đã ghi: ", now);
        return;
      }
      filing.put(name, now);
      restored.push(name);
      if (confirmed(name) !== was && confirmed(name) !== sent) filing.ask(name, "");
    });
    if (keep()) kept.write(from, null);
    showRestored(restored);
    tell(restored, "typed");
    schedule(PAUSE);
  }
  function showRestored(restored) {
    const box = document.getElementById("filing-restored");
    showOrphans(box);
    if (!restored.length) return;
    box.hidden = false;
    document.getElementById("filing-discard").addEventListener("click", function () {
      // It may be on its way already: the server is told of the change back.
      const back = {};
      restored.forEach(function (name) {
        back[name] = [filing.text(name), confirmed(name)];
        filing.choose(name, confirmed(name));
      });
      pending = Object.assign({}, pending, back);
      keep();
      box.hidden = true;
      schedule(0);
    });
  }
  function showOrphans(box) {
    if (!Object.keys(orphans).length || document.getElementById("filing-orphans")) return;
    const list = document.createElement("div");
    list.id = "filing-orphans";
    list.append("Có chữ đang giữ của mục không còn trong biểu mẫu; hãy chép lại nếu cần:");
    Object.values(orphans).forEach(function (pair) {
      const text = document.createElement("q");
      text.className = "field-clash__text d-block";
      text.textContent = pair[1];
      list.append(text);
    });
    list.append(
      filing.button("Bỏ chữ của mục đã mất", function () {
        Object.keys(orphans).forEach(function (name) {
          delete orphans[name];
        });
        list.remove();
        keep();
      })
    );
    box.after(list);
    list.className = "alert alert-warning d-block";
  }
  // Nobody else sends this record while the page lives.
  function claim() {
    if (navigator.locks) {
      navigator.locks.request(key, function () {
        return new Promise(function () {});
      });
    }
    kept.keys(report).forEach(watch);
    // Another window began to type after this one was opened.
    window.addEventListener("storage", function (event) {
      if (navigator.locks && event.newValue && kept.keys(report).includes(event.key)) watch(event.key);
    });
  }
  const watched = new Set();
  function watch(other) {
    if (other === key || watched.has(other)) return;
    watched.add(other);
    kept.alone(other, true, function () {
      restore(other);
    });
  }

  // --- saving -------------------------------------------------------------------------------------------------------

  function show(kind, words, link) {
    line.dataset.state = kind;
    line.setAttribute("aria-live", kind === "saved" || kind === "saving" ? "off" : "polite");
    line.textContent = words;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = form.dataset.signIn;
      anchor.target = "_blank";
      anchor.rel = "noopener";
      anchor.textContent = link;
      line.append(" ", anchor, ", rồi quay lại trang này.");
    }
  }
  function schedule(wait) {
    window.clearTimeout(timer);
    if (!closed) timer = window.setTimeout(save, wait);
  }
  function later() {
    schedule(RETRY[Math.min(tries, RETRY.length - 1)]);
    tries += 1;
  }
  function save(leaving) {
    window.clearTimeout(timer);
    if (running || closed) return running;
    const changes = pending || sendable();
    if (!Object.keys(changes).length) {
      pending = null;
      keep();
      goOn();
      return null;
    }
    running = send(changes, leaving === true);
    return running;
  }
  async function send(changes, leaving) {
    const body = JSON.stringify({ draft_version: version, changes: changes });
    const stop = new AbortController();
    const limit = window.setTimeout(function () {
      stop.abort();
    }, TIMEOUT);
    pending = changes;
    show("saving", "Đang lưu…");
    tell(Object.keys(changes), "saving");
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST",
        headers: kept.headers(),
        body: body,
        redirect: "manual",
        keepalive: leaving && body.length < 20000, // browsers allow 64 kB in all
        signal: stop.signal,
      });
      const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
      const answer = isJson ? await response.json() : {};
      running = null;
      take(response, answer, changes);
    } catch (error) {
      running = null;
      goingTo = null;
      keep();
      show("offline", "Chưa có mạng, " + keeping());
      tell(Object.keys(unsent()), "offline");
      later();
    } finally {
      window.clearTimeout(limit);
    }
  }
  function take(response, answer, changes) {
    const pressed = goingTo;
    if (response.ok && "draft_version" in answer) {
      pending = null;
      tries = 0;
      taken(answer, changes);
      if (Object.keys(sendable()).length) schedule(pressed ? 0 : PAUSE);
      else goOn();
      return;
    }
    goingTo = null;
    if (response.status === 409 && answer.clashes) {
      pending = null;
      adopt(answer, {});
      Object.keys(answer.clashes).forEach(function (name) {
        filing.ask(name, answer.saved_by + " đã ghi lúc " + answer.saved_at + ": ");
      });
      show("trouble", "Người khác vừa sửa cùng chỗ. Hãy chọn ở các ô được đánh dấu.");
      tell(Object.keys(sendable()), "typed");
      if (Object.keys(sendable()).length) schedule(0);
    } else if (response.status === 409) {
      pending = null;
      closed = true;
      keep();
      show("trouble", (answer.sentence || "Báo cáo đã được nộp.") + " Chữ vừa ghi chưa lưu được, vẫn giữ trên máy này.");
      tell(Object.keys(unsent()), "held");
    } else if (response.status === 413) {
      pending = null;
      show("trouble", answer.sentence);
      tell(Object.keys(unsent()), "held");
    } else if (response.status === 401 && answer.other_person && keep()) {
      // Somebody else works in this browser now. The text stays for its writer; the page is not for the other one.
      closed = true;
      location.replace("/");
    } else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      show("signed-out", "Phiên đăng nhập đã hết, " + keeping() + ".", "Đăng nhập ở thẻ mới");
      tell(Object.keys(unsent()), "signed-out");
      later();
    } else {
      show("offline", "Máy chủ chưa nhận được, " + keeping());
      tell(Object.keys(unsent()), "offline");
      later();
    }
  }
  function taken(answer, changes) {
    const names = Object.keys(changes);
    const lost = names.filter(function (name) {
      return changes[name][1] && !(name in answer.draft) && filing.first(name);
    });
    lost.forEach(function (name) {
      delete changes[name];
      held.add(name);
    });
    adopt(answer, changes);
    show("saved", "Đã lưu " + answer.saved_at);
    filing.emit("filing:notes", { sent: Object.keys(changes), notes: answer.notes || {} });
    names.forEach(function (name) {
      if (filing.first(name)) tell([name], filing.text(name) === confirmed(name) ? "saved" : "typed", answer.saved_at);
    });
    if (lost.length) {
      show("trouble", "Biểu mẫu đã đổi, có mục chưa lưu được. Hãy chép lại chữ ở đó rồi tải lại trang.");
      tell(lost, "held");
    }
  }
  // The pressed button does its work once everything typed is on the server.
  function goOn() {
    const pressed = goingTo;
    goingTo = null;
    if (!pressed) return;
    ready = true;
    form.elements.csrfmiddlewaretoken.value = kept.token(); // that of the page is old after a new sign-in
    form.requestSubmit(pressed);
    ready = false;
  }
  // Takes the server's draft: `sent` is confirmed as it was sent, what others changed comes into untouched fields.
  function adopt(answer, sent) {
    // A field that was sent may say again what it said before: that is a change, not an untouched field.
    const untouched = filing.names().filter(function (name) {
      return !(name in sent) && filing.text(name) === confirmed(name);
    });
    base = Object.assign({}, answer.draft);
    Object.entries(sent).forEach(function (entry) {
      base[entry[0]] = entry[1][1];
    });
    untouched.forEach(function (name) {
      if (filing.text(name) !== confirmed(name)) filing.put(name, confirmed(name));
    });
    version = answer.draft_version;
    form.elements.draft_version.value = String(version);
    form.elements.base.value = JSON.stringify(base);
    keep();
    filing.emit("filing:adopted", { draft_version: version, draft: base });
  }
  // Everything that can be sent, sent now; for what leaves the page.
  async function flush() {
    for (let round = 0; round < 3 && !closed && Object.keys(pending || sendable()).length; round += 1) {
      await (running || save());
    }
    keep();
  }

  // --- when to save -------------------------------------------------------------------------------------------------

  // Tells that a field was changed by hand or on behalf of somebody.
  function changed(names) {
    keep();
    tell(names, "typed");
    schedule(PAUSE);
  }
  form.addEventListener("input", function (event) {
    if (filing.isField(event.target)) changed([event.target.name]);
  });
  form.addEventListener("submit", function (event) {
    const pressed = event.submitter;
    const upload = form.elements.tep;
    const hasFile = upload && upload.files.length;
    window.clearTimeout(timer);
    if (ready || closed || !pressed) return;
    const waits = pending || Object.keys(unsent()).length;
    if (!waits && (hasFile || pressed.value !== "save") && navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.size) {
      show("trouble", "Có ô còn hai nội dung khác nhau. Hãy chọn ở các ô được đánh dấu.");
      filing.goTo(filing.first(held.values().next().value));
    } else if (waits) {
      goingTo = hasFile || pressed.value !== "save" ? pressed : null;
      save();
    } else if (pressed.value === "save") {
      show("saved", "Đã lưu, không có gì thay đổi");
    } else {
      goWhereReachable(pressed);
    }
  });
  // Browsers are sometimes wrong about having no network, so the server is asked before the page is left.
  async function goWhereReachable(pressed) {
    try {
      await fetch(form.dataset.worker, { method: "HEAD", cache: "no-store" });
      goingTo = pressed;
      goOn();
    } catch (error) {
      show("offline", "Chưa có mạng, chưa làm được việc này. Mọi chữ đã lưu.");
    }
  }
  window.addEventListener("online", function () {
    schedule(0);
  });
  window.addEventListener("focus", function () {
    if (Object.keys(pending || sendable()).length) schedule(0);
  });
  window.addEventListener("beforeunload", function (event) {
    if (!isKept && Object.keys(unsent()).length) event.preventDefault();
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") save(true);
  });

  Object.assign(filing, {
    adopt: adopt,
    changed: changed,
    claim: claim,
    confirmed: confirmed,
    flush: flush,
    held: held,
    keep: keep,
    save: save,
    schedule: schedule,
    show: show,
    tell: tell,
    version: function () {
      return version;
    },
  });
})();
