/* Text of reports that the server has not got yet, as this browser keeps it; loaded on every page.

   A record lies in the browser's storage per report, person and page: `mangnon.filing.<report>.<person>.<page>` holds
   {at, title, changes: {field: [was, now, sent?]}, labels}. `sent` may have reached the server without an answer. The
   page that writes a record holds a lock of that name, so a record whose lock is free was left behind: by a closed
   window, a crash, an ended session. What was left is sent from any page of the same person; what cannot be sent
   without overwriting somebody, or because the report is filed, is shown with what to do. */
(function () {
  "use strict";

  const PREFIX = "mangnon.filing.";
  const STILL_OPEN = 150000; // milliseconds; a page without locks writes its record again more often than that
  const AGAIN = 15000;
  const LEAVE_WITHIN = 4000;
  const meta = document.querySelector('meta[name="mangnon-person"]');
  const person = meta ? meta.content : "";

  // --- records ------------------------------------------------------------------------------------------------------

  function read(key) {
    try {
      const found = JSON.parse(localStorage.getItem(key));
      return found && typeof found === "object" && found.changes && typeof found.changes === "object" ? found : null;
    } catch (error) {
      return null;
    }
  }
  function write(key, record) {
    try {
      if (record && Object.keys(record.changes).length) localStorage.setItem(key, JSON.stringify(record));
      else localStorage.removeItem(key);
      return true;
    } catch (error) {
      return false; // full or forbidden: the page itself still holds the text
    }
  }
  // Keys of this person's records, oldest first; of one report, or of all.
  function keys(report) {
    let names = [];
    try {
      names = Object.keys(localStorage);
    } catch (error) {
      return [];
    }
    return names
      .filter(function (name) {
        const parts = name.slice(PREFIX.length).split(".");
        return name.startsWith(PREFIX) && parts[1] === person && (!report || parts[0] === report) && read(name);
      })
      .sort(function (one, other) {
        return (read(one).at || 0) - (read(other).at || 0);
      });
  }
  function reportOf(key) {
    return key.slice(PREFIX.length).split(".")[0];
  }
  // Runs `work` while nobody else has the record; `waits` for it, or else gives up with `undefined`.
  async function alone(key, waits, work) {
    if (navigator.locks) {
      return navigator.locks.request(key, { ifAvailable: !waits }, function (lock) {
        return lock ? work() : undefined;
      });
    }
    const record = read(key);
    return waits || !record || Date.now() - record.at > STILL_OPEN ? work() : undefined;
  }
  function token() {
    // The cookie, not the page: after a new sign-in in another tab only the cookie is right.
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    const inPage = document.querySelector('meta[name="csrf-token"]');
    return found ? found[1] : (inPage && inPage.content) || "";
  }
  // The server refuses a save in the name of anybody but the person who typed.
  function headers() {
    return { "Content-Type": "application/json", "X-CSRFToken": token(), "X-Mangnon-Person": person };
  }

  // --- sending what was left ----------------------------------------------------------------------------------------

  async function post(report, changes) {
    const response = await fetch(meta.dataset.autosave.replace("/0/", "/" + report + "/"), {
      method: "POST",
      headers: headers(),
      body: JSON.stringify({ draft_version: -1, changes: changes }),
      redirect: "manual",
    });
    const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
    return { status: response.status, answer: isJson ? await response.json() : {} };
  }
  // Sends one record and says how it went: sent, offline, signed-out, clash, or closed with the server's sentence.
  async function send(key) {
    const record = read(key);
    if (!record) return { kind: "gone" };
    const changes = {};
    Object.entries(record.changes).forEach(function (entry) {
      if (!entry[0].endsWith(".caption")) changes[entry[0]] = [entry[1][0], entry[1][1]];
    });
    const held = {};
    let tries = 0;
    while (Object.keys(changes).length) {
      if ((tries += 1) > 3) return { kind: "offline" };
      let found;
      try {
        found = await post(reportOf(key), changes);
      } catch (error) {
        return { kind: "offline" };
      }
      if (found.status === 200 && "draft_version" in found.answer) {
        const lost = Object.keys(changes).filter(function (name) {
          return changes[name][1] && !(name in found.answer.draft);
        });
        if (lost.length) return { kind: "closed", sentence: "Biểu mẫu đã đổi, có mục không còn nữa." };
        break;
      }
      if (found.status === 401 || found.status === 0) return { kind: "signed-out" };
      if (found.status === 409 && found.answer.clashes) {
        Object.keys(found.answer.clashes).forEach(function (name) {
          const sent = record.changes[name][2];
          if (sent !== undefined && changes[name][0] !== sent && found.answer.draft[name] === sent) {
            changes[name][0] = sent; // it had arrived
            return;
          }
          held[name] = record.changes[name];
          delete changes[name];
        });
        continue;
      }
      if (found.status === 409) return { kind: "closed", sentence: found.answer.sentence };
      if (found.status === 413) return { kind: "clash" };
      if (found.status === 404 || found.status === 403) {
        return { kind: "closed", sentence: "Tài khoản này không còn quyền ghi vào báo cáo." };
      }
      return { kind: "offline" };
    }
    write(key, Object.assign(record, { changes: held }));
    return { kind: Object.keys(held).length ? "clash" : "sent", title: record.title };
  }

  // --- the banner ---------------------------------------------------------------------------------------------------

  const lines = new Map(); // report → what is said about it
  let box = null;
  let timer = 0;
  let running = null;

  function element(tag, className, words) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (words) made.textContent = words;
    return made;
  }
  function link(report, words) {
    const made = element("a", "", words);
    made.href = meta.dataset.filing.replace("/0/", "/" + report + "/");
    return made;
  }
  function show() {
    if (!box) {
      box = element("div", "kept-drafts");
      box.setAttribute("role", "status");
      const top = document.querySelector(".page__top");
      if (!top) return;
      top.prepend(box);
    }
    box.replaceChildren(
      ...Array.from(lines.entries()).map(function (entry) {
        return line(entry[0], entry[1]);
      })
    );
  }
  function line(report, said) {
    const made = element("div", "alert kept-drafts__line alert-" + (said.kind === "sent" ? "success" : "warning"));
    const inner = element("div");
    const name = said.title || "một báo cáo";
    made.append(inner);
    if (said.kind === "sent") {
      inner.append("Đã gửi chữ còn giữ trên máy này vào bản nháp ", link(report, name), ".");
    } else if (said.kind === "clash") {
      inner.append("Máy này còn giữ chữ chưa gửi của ", link(report, name));
      inner.append(": bản nháp đã có chữ khác ở cùng chỗ. Hãy mở biểu mẫu để xem cả hai và chọn.");
    } else if (said.kind === "closed") {
      inner.append("Máy này còn giữ chữ chưa gửi được của ", link(report, name), ". ");
      inner.append((said.sentence || "Báo cáo đã được nộp.") + " Hãy chép lại nếu còn cần.", texts(report));
    } else {
      inner.append("Máy này còn giữ chữ chưa gửi của ", link(report, name), ". ");
      inner.append(
        said.kind === "signed-out"
          ? "Hãy đăng nhập lại; chữ sẽ tự gửi sau đó."
          : "Chữ sẽ tự gửi khi có mạng; bạn cũng có thể mở biểu mẫu để làm tiếp."
      );
    }
    return made;
  }
  // What cannot be sent any more, to be copied; thrown away only when asked to.
  function texts(report) {
    const folded = element("details", "kept-drafts__texts");
    folded.append(element("summary", "", "Xem chữ đang giữ"));
    keys(report).forEach(function (key) {
      const record = read(key);
      Object.entries(record.changes).forEach(function (entry) {
        const row = element("div", "kept-drafts__text");
        row.append(element("strong", "", (record.labels && record.labels[entry[0]]) || entry[0]));
        row.append(element("p", "", entry[1][1] || "(để trống)"));
        folded.append(row);
      });
    });
    const drop = element("button", "btn btn-sm btn-outline-secondary", "Bỏ chữ này khỏi máy");
    drop.type = "button";
    drop.addEventListener("click", function () {
      if (!window.confirm("Bỏ hẳn chữ chưa gửi này khỏi máy?")) return;
      keys(report).forEach(function (key) {
        write(key, null);
      });
      lines.delete(report);
      show();
    });
    folded.append(drop);
    return folded;
  }

  // Every record that was left behind, but for the report whose form is open here: that page takes its own.
  async function sendAll() {
    window.clearTimeout(timer);
    const form = document.getElementById("filing");
    const here = form ? reportOf(PREFIX + form.dataset.filing) : "";
    let again = false;
    for (const key of keys("")) {
      const report = reportOf(key);
      if (report === here) continue;
      const record = read(key);
      const slow = window.setTimeout(function () {
        if (lines.has(report)) return;
        lines.set(report, { kind: "offline", title: record.title });
        show();
      }, 2000);
      const found = await alone(key, false, function () {
        return send(key);
      });
      window.clearTimeout(slow);
      if (!found || found.kind === "gone") {
        // Another window has it now; it says itself how it stands.
        if (lines.has(report) && lines.get(report).kind === "offline") lines.delete(report);
        show();
        continue;
      }
      lines.set(report, Object.assign({ title: record.title }, found));
      show();
      again = again || found.kind === "offline";
      if (found.kind === "signed-out") break;
    }
    if (again) timer = window.setTimeout(start, AGAIN);
  }
  function start() {
    if (!running) {
      running = sendAll().finally(function () {
        running = null;
      });
    }
    return running;
  }

  // --- copies of forms for work without a network (filing_worker.js) ------------------------------------------------

  // Nobody else's copies stay; on a page without a person, none.
  async function forgetCopies(but) {
    try {
      const names = await caches.keys();
      await Promise.all(
        names.map(function (name) {
          return name.startsWith(PREFIX) && name !== PREFIX + but ? caches.delete(name) : null;
        })
      );
      if (but || !navigator.serviceWorker) return;
      const workers = await navigator.serviceWorker.getRegistrations();
      await Promise.all(
        workers.map(function (worker) {
          return worker.unregister();
        })
      );
    } catch (error) {
      // No such storage here (not https): there is nothing to forget either.
    }
  }

  // --- signing out --------------------------------------------------------------------------------------------------

  function after(wait) {
    return new Promise(function (resolve) {
      window.setTimeout(resolve, wait);
    });
  }
  window.addEventListener(
    "submit",
    async function (event) {
      const form = event.target;
      if (!person || !("signOut" in form.dataset) || form.dataset.asked) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const open = window.filing && window.filing.flush ? window.filing.flush() : null;
      await Promise.race([Promise.all([open, keys("").length ? start() : null]), after(LEAVE_WITHIN)]);
      const words =
        "Máy này còn giữ chữ chưa gửi lên máy chủ. Chữ vẫn nằm trong trình duyệt này và tự gửi khi chính bạn đăng nhập " +
        "lại ở đây. Vẫn đăng xuất?";
      if (keys("").length && !window.confirm(words)) return;
      await forgetCopies("");
      form.dataset.asked = "yes";
      form.submit();
    },
    true
  );

  window.mangnonKept = {
    PREFIX: PREFIX,
    person: person,
    keys: keys,
    read: read,
    write: write,
    alone: alone,
    token: token,
    headers: headers,
  };
  if (!meta) return;
  forgetCopies(person);
  if (!person) return;
  window.addEventListener("online", start);
  start();
})();
