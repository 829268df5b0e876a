/* The filing form: saves by itself, loses nothing, shows percentages while one types. The page works without it.

   `base` is the draft as the server last confirmed it; a field that differs from it is unsent. Unsent text lies in the
   browser's storage, per report, person and tab, until the server has it. A request whose answer did not come may have
   been served: it is sent again as it was before anything newer. A field that two people changed is held back until one
   of the texts is chosen. */
(function () {
  "use strict";

  const form = document.getElementById("filing");
  if (!form) return;

  const PAUSE = 1000; // milliseconds of rest before a save
  const TIMEOUT = 20000;
  const UNFOLD = 400; // milliseconds, longer than a press of the mouse
  const RETRY = [3000, 5000, 10000, 20000, 30000];
  const NOT_FIELDS = new Set(["csrfmiddlewaretoken", "action", "base", "draft_version", "tep"]);
  const state = document.getElementById("filing-state");
  const upload = form.elements.tep;
  const held = new Set();
  let base = parsed(form.elements.base.value);
  let version = Number(form.elements.draft_version.value);
  let timer = 0;
  let tries = 0;
  let saving = false;
  let closed = false;
  let pending = null; // changes that were sent without hearing back
  let goingTo = null; // the button that was pressed and waits for the save
  let ready = false;

  function parsed(text) {
    try {
      const found = JSON.parse(text);
      return found && typeof found === "object" ? found : {};
    } catch (error) {
      return {};
    }
  }

  // --- fields -----------------------------------------------------------------------------------------------------

  function fields() {
    return Array.from(form.elements).filter(function (field) {
      return field.name && !NOT_FIELDS.has(field.name) && field.type !== "submit";
    });
  }
  function fieldNamed(name) {
    return fields().find(function (field) {
      return field.name === name;
    });
  }
  function textOf(field) {
    if (field.type === "checkbox") return field.checked ? "on" : "";
    return field.value.normalize("NFC").replace(/\r\n/g, "\n").replace(/\0/g, "");
  }
  function put(field, text) {
    if (field.type === "checkbox") field.checked = text === "on";
    else field.value = text;
    const folded = field.closest("details");
    if (folded && text) folded.open = true;
    refreshShare(field);
  }
  function confirmed(name) {
    return base[name] || "";
  }
  function unsent() {
    const changes = {};
    fields().forEach(function (field) {
      const now = textOf(field);
      if (now !== confirmed(field.name)) changes[field.name] = [confirmed(field.name), now];
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

  // --- what the browser keeps ---------------------------------------------------------------------------------------

  const prefix = "mangnon.filing." + form.dataset.filing + ".";
  const key = prefix + tab();

  function tab() {
    try {
      const known = sessionStorage.getItem("mangnon.tab") || String(Date.now()) + Math.random().toString(36).slice(2);
      sessionStorage.setItem("mangnon.tab", known);
      return known;
    } catch (error) {
      return "0";
    }
  }
  // A kept change is [was, now], and what may have reached the server without our knowing.
  function keep() {
    const changes = unsent();
    Object.entries(pending || {}).forEach(function (entry) {
      const name = entry[0];
      const field = fieldNamed(name);
      if (field) changes[name] = [(changes[name] || entry[1])[0], textOf(field), entry[1][1]];
    });
    try {
      if (Object.keys(changes).length) localStorage.setItem(key, JSON.stringify({ at: Date.now(), changes: changes }));
      else localStorage.removeItem(key);
    } catch (error) {
      // Storage is full or forbidden: the page itself still holds the text.
    }
  }
  function kept() {
    const records = [];
    try {
      Object.keys(localStorage).forEach(function (name) {
        if (!name.startsWith(prefix)) return;
        records.push(parsed(localStorage.getItem(name)));
        if (name !== key) localStorage.removeItem(name);
      });
    } catch (error) {
      return [];
    }
    return records.sort(function (one, other) {
      return (one.at || 0) - (other.at || 0);
    });
  }
  function putBack() {
    const restored = [];
    kept().forEach(function (record) {
      Object.entries(record.changes || {}).forEach(function (entry) {
        const name = entry[0];
        const was = entry[1][0];
        const now = entry[1][1];
        const sent = entry[1][2];
        const field = fieldNamed(name);
        // A page that came back with an error shows newer text than the record.
        if (!field || name.endsWith(".caption") || textOf(field) !== confirmed(name) || now === confirmed(name)) return;
        put(field, now);
        restored.push(name);
        if (confirmed(name) !== was && confirmed(name) !== sent) ask(name, "");
      });
    });
    keep();
    if (!restored.length) return;
    document.getElementById("filing-restored").hidden = false;
    document.getElementById("filing-discard").addEventListener("click", function () {
      // It may be on its way already: the server is told of the change back.
      const back = {};
      restored.forEach(function (name) {
        back[name] = [textOf(fieldNamed(name)), confirmed(name)];
        choose(name, confirmed(name));
      });
      pending = back;
      keep();
      document.getElementById("filing-restored").hidden = true;
      schedule(0);
    });
    schedule(PAUSE);
  }

  // --- saving -------------------------------------------------------------------------------------------------------

  function show(kind, words, link) {
    state.dataset.state = kind;
    state.setAttribute("aria-live", kind === "saved" || kind === "saving" ? "off" : "polite");
    state.textContent = words;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = form.dataset.signIn;
      anchor.target = "_blank";
      anchor.rel = "noopener";
      anchor.textContent = link;
      state.append(" ", anchor, ", rồi quay lại trang này.");
    }
  }
  function token() {
    // The cookie, not the page: after a new sign-in in another tab only the cookie is right.
    const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
    return found ? found[1] : form.elements.csrfmiddlewaretoken.value;
  }
  function schedule(wait) {
    window.clearTimeout(timer);
    if (!closed) timer = window.setTimeout(save, wait);
  }
  function later() {
    schedule(RETRY[Math.min(tries, RETRY.length - 1)]);
    tries += 1;
  }

  async function save(leaving) {
    window.clearTimeout(timer);
    if (saving || closed) return;
    const changes = pending || sendable();
    if (!Object.keys(changes).length) {
      pending = null;
      keep();
      goOn();
      return;
    }
    const body = JSON.stringify({ draft_version: version, changes: changes });
    const stop = new AbortController();
    const limit = window.setTimeout(function () {
      stop.abort();
    }, TIMEOUT);
    saving = true;
    pending = changes;
    show("saving", "Đang lưu…");
    try {
      const response = await fetch(form.dataset.autosave, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
        body: body,
        redirect: "manual",
        keepalive: leaving === true && body.length < 20000, // browsers allow 64 kB in all
        signal: stop.signal,
      });
      const isJson = (response.headers.get("Content-Type") || "").startsWith("application/json");
      const answer = isJson ? await response.json() : {};
      saving = false;
      take(response, answer, changes);
    } catch (error) {
      saving = false;
      goingTo = null;
      keep();
      show("offline", "Chưa có mạng, chữ vẫn được giữ trên máy này");
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
      adopt(answer, changes);
      show("saved", "Đã lưu " + answer.saved_at);
      if (Object.keys(sendable()).length) schedule(pressed ? 0 : PAUSE);
      else goOn();
      return;
    }
    goingTo = null;
    if (response.status === 409 && answer.clashes) {
      pending = null;
      adopt(answer, {});
      Object.keys(answer.clashes).forEach(function (name) {
        ask(name, answer.saved_by + " đã ghi lúc " + answer.saved_at + ": ");
      });
      show("trouble", "Người khác vừa sửa cùng chỗ. Hãy chọn ở các ô được đánh dấu.");
      if (Object.keys(sendable()).length) schedule(0);
    } else if (response.status === 409) {
      pending = null;
      closed = true;
      keep();
      show("trouble", (answer.sentence || "Báo cáo đã được nộp.") + " Chữ vừa ghi chưa lưu được, vẫn giữ trên máy này.");
    } else if (response.status === 413) {
      pending = null;
      show("trouble", answer.sentence);
    } else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      show("signed-out", "Phiên đăng nhập đã hết, chữ vẫn được giữ trên máy này.", "Đăng nhập ở thẻ mới");
      later();
    } else {
      show("offline", "Máy chủ chưa nhận được, chữ vẫn được giữ trên máy này");
      later();
    }
  }
  // The pressed button does its work once everything typed is on the server.
  function goOn() {
    const pressed = goingTo;
    goingTo = null;
    if (!pressed) return;
    ready = true;
    form.requestSubmit(pressed);
    ready = false;
  }
  // Takes the server's draft: `sent` is confirmed as it was sent, what others changed comes into untouched fields.
  function adopt(answer, sent) {
    const untouched = fields().filter(function (field) {
      return textOf(field) === confirmed(field.name);
    });
    base = Object.assign({}, answer.draft);
    Object.entries(sent).forEach(function (entry) {
      base[entry[0]] = entry[1][1];
    });
    untouched.forEach(function (field) {
      if (textOf(field) !== confirmed(field.name)) put(field, confirmed(field.name));
    });
    version = answer.draft_version;
    form.elements.draft_version.value = String(version);
    form.elements.base.value = JSON.stringify(base);
    keep();
  }

  // --- two texts for one field --------------------------------------------------------------------------------------

  function choose(name, text) {
    const field = fieldNamed(name);
    const box = document.getElementById("f-" + name + "-khac");
    held.delete(name);
    if (box) box.remove();
    put(field, text);
    field.focus();
    keep();
    schedule(0);
  }
  function ask(name, who) {
    const field = fieldNamed(name);
    if (!field) return;
    held.add(name);
    let box = document.getElementById("f-" + name + "-khac");
    if (!box) {
      box = document.createElement("div");
      box.id = "f-" + name + "-khac";
      box.className = "field-clash";
      const theirs = document.createElement("q");
      theirs.className = "field-clash__text";
      theirs.textContent = confirmed(name) || "(để trống)";
      box.append(who || "Bản đã lưu: ", theirs);
      (field.closest(".figure, .form-check") || field).after(box);
      field.setAttribute("aria-describedby", (field.getAttribute("aria-describedby") || "") + " " + box.id);
    }
    const buttons = document.createElement("div");
    buttons.className = "field-clash__buttons";
    buttons.append(
      button("Dùng chữ này", function () {
        choose(name, confirmed(name));
      }),
      button("Giữ chữ của tôi", function () {
        choose(name, textOf(field));
      })
    );
    box.append(buttons);
  }
  function button(words, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm btn-outline-secondary";
    made.textContent = words;
    made.addEventListener("click", press);
    return made;
  }

  // --- percentages: cut, never rounded up, with as many decimals as the verdict needs -------------------------------

  function whole(text) {
    const shown = text.replace(/[\s\u00a0\u2009\u202f]+/g, " ").trim();
    const readable =
      /^[0-9]{1,15}$/.test(shown) || /^[1-9][0-9]{0,2}([. ])[0-9]{3}(\1[0-9]{3})*(,00?)?$/.test(shown) ||
      /^[1-9][0-9]{0,2}(,[0-9]{3}){2,}$/.test(shown);
    return readable ? BigInt(shown.replace(/([0-9]{3}),00?$/, "$1").replace(/[^0-9]/g, "")) : null;
  }
  function isMet(numerator, denominator, goal) {
    const asked = goal.hundredths * denominator;
    return goal.operator === "gt" ? numerator * 10000n > asked : numerator * 10000n >= asked;
  }
  function percent(numerator, denominator, goal) {
    if (numerator === null || !denominator || numerator > denominator) return "–";
    let places = 1n;
    for (;;) {
      const cut = (numerator * 100n * 10n ** places) / denominator;
      const tells = !goal || isMet(cut, 100n * 10n ** places, goal) === isMet(numerator, denominator, goal);
      if ((tells && (cut > 0n || numerator === 0n)) || places >= 12n) {
        const digits = String(cut).padStart(Number(places) + 1, "0");
        return digits.slice(0, -Number(places)) + "," + digits.slice(-Number(places)) + " %";
      }
      places += 1n;
    }
  }
  function refreshShare(field) {
    const share = field.closest("[data-share]");
    if (!share) return;
    const goal = share.dataset.operator
      ? { operator: share.dataset.operator, hundredths: BigInt(share.dataset.hundredths) }
      : null;
    let numerators = 0n;
    let denominators = 0n;
    let isSound = true;
    share.querySelectorAll("[data-group]").forEach(function (group) {
      const numerator = whole(group.querySelector('[data-part="n"]').value);
      const denominator = whole(group.querySelector('[data-part="d"]').value);
      group.querySelector("[data-percent]").textContent = percent(numerator, denominator, goal);
      if (numerator !== null && denominator !== null) {
        numerators += numerator;
        denominators += denominator;
        isSound = isSound && numerator <= denominator;
      }
    });
    const total = share.querySelector("[data-total]");
    const verdict = share.querySelector("[data-verdict]");
    if (total) total.textContent = isSound ? percent(numerators, denominators, goal) : "–";
    const known = goal && denominators > 0n && isSound;
    const met = known && isMet(numerators, denominators, goal);
    verdict.textContent = known ? (met ? "✓ Đạt mục tiêu" : "○ Chưa đạt mục tiêu") : "";
    verdict.className = known ? (met ? "state state--ok" : "state state--warn") : "";
  }

  // --- the page -----------------------------------------------------------------------------------------------------

  form.addEventListener("input", function (event) {
    if (!event.target.name || NOT_FIELDS.has(event.target.name)) return;
    refreshShare(event.target);
    keep();
    schedule(PAUSE);
  });
  // A figure far from last period's (the rule is in content_checks.py) opens the box for its explanation: a little
  // later, for the change may come from pressing what lies below, which must not move away under the pointer.
  form.addEventListener("change", function (event) {
    const before = event.target.dataset.before && BigInt(event.target.dataset.before);
    const now = before && whole(event.target.value);
    if (!now || before <= 10n || now <= 10n || (now <= 3n * before && now * 3n >= before)) return;
    const box = event.target.closest(".question").querySelector(".explanation");
    if (box) {
      window.setTimeout(function () {
        box.open = true;
      }, UNFOLD);
    }
  });
  form.addEventListener("submit", function (event) {
    const pressed = event.submitter;
    const hasFile = upload && upload.files.length;
    window.clearTimeout(timer);
    if (ready || closed || !pressed) return;
    const waits = pending || Object.keys(unsent()).length;
    if (!waits && (hasFile || pressed.value !== "save")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.size) {
      show("trouble", "Người khác đã sửa cùng chỗ. Hãy chọn ở các ô được đánh dấu.");
      fieldNamed(held.values().next().value).focus();
    } else if (!waits) {
      show("saved", "Đã lưu, không có gì thay đổi");
    } else {
      goingTo = hasFile || pressed.value !== "save" ? pressed : null;
      save();
    }
  });
  window.addEventListener("online", function () {
    schedule(0);
  });
  window.addEventListener("focus", function () {
    if (Object.keys(sendable()).length) schedule(0);
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "hidden") save(true);
  });
  // A link to a field inside a closed note opens the note.
  form.addEventListener("click", function (event) {
    const link = event.target.closest('a[href^="#f-"]');
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });

  const filler = form.querySelector("[data-fill-rest]");
  if (filler) {
    filler.hidden = false;
    filler.querySelector("button").addEventListener("click", function () {
      const chosen = filler.querySelector("select").value;
      form.querySelectorAll('select[name$=".status"]').forEach(function (field) {
        if (!field.value) field.value = chosen;
      });
      keep();
      schedule(0);
    });
  }

  form.querySelectorAll("[data-group] [data-part='n']").forEach(refreshShare);
  form.querySelectorAll(".field-clash").forEach(function (box) {
    ask(box.id.slice(2, -"-khac".length), "");
  });
  putBack();
  const summary = document.getElementById("kiem-tra");
  if (summary && location.hash === "#kiem-tra") summary.focus();
})();
