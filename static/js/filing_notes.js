/* The filing form, 4: beside each field how its saving stands, what the server remarks, and how long a text is. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing) return;

  const form = filing.form;
  const HOTLINES = /\b(111|18001744)\b/;
  // The gravest of a corner's fields is shown.
  const GRAVITY = ["same", "saved", "saving", "typed", "offline", "signed-out", "held", "asked"];
  const WORDS = {
    saving: "đang lưu…",
    typed: "chưa lưu",
    offline: "chưa có mạng",
    "signed-out": "cần đăng nhập lại",
    held: "chưa lưu được",
    asked: "hãy chọn một",
  };

  // --- how the saving stands ----------------------------------------------------------------------------------------

  const corners = new Map(); // box → {label, fields: {name: {kind, at}}}

  function cornerOf(name) {
    const field = filing.first(name);
    const box = field && field.closest(".task, .question");
    if (!box) return null;
    if (!corners.has(box)) {
      const label = document.createElement("span");
      label.className = "field-state";
      box.append(label);
      corners.set(box, { label: label, fields: {} });
    }
    return corners.get(box);
  }
  form.addEventListener("filing:state", function (event) {
    const changed = new Set();
    event.detail.names.forEach(function (name) {
      const corner = cornerOf(name);
      if (!corner) return;
      corner.fields[name] = { kind: event.detail.kind, at: event.detail.at };
      changed.add(corner);
    });
    changed.forEach(function (corner) {
      const gravest = Object.values(corner.fields).reduce(function (one, other) {
        const more = GRAVITY.indexOf(other.kind) - GRAVITY.indexOf(one.kind);
        return more > 0 || (more === 0 && other.at > one.at) ? other : one;
      });
      corner.label.dataset.state = gravest.kind;
      corner.label.textContent = gravest.kind === "saved" ? "đã lưu " + gravest.at : WORDS[gravest.kind] || "";
    });
  });

  // --- what the server remarks --------------------------------------------------------------------------------------

  // A telephone number for children at risk can be pressed.
  function sentence(text) {
    const made = document.createElement("span");
    text.split(HOTLINES).forEach(function (part) {
      if (!HOTLINES.test(part)) return made.append(part);
      const link = document.createElement("a");
      link.href = "tel:" + part;
      link.textContent = part;
      return made.append(link);
    });
    return made;
  }
  function note(name, remarks) {
    const field = filing.first(name);
    if (!field) return;
    const errors = (remarks && remarks.errors) || [];
    const warnings = (remarks && remarks.warnings) || [];
    const words = (errors.length ? errors : warnings).join(" ");
    const before = document.getElementById("f-" + name + "-loi");
    const kind = errors.length ? "error" : "warning";
    // "Missing" is said by the check of the whole form only, and holds as long as nothing is there.
    if (!words && before && !("live" in before.dataset) && !filing.text(name)) return;
    if (before && words && before.textContent.trim() === words && before.classList.contains("field-" + kind)) return;
    if (before) before.remove();
    filing.all(name).forEach(function (element) {
      element.classList.toggle("is-invalid", errors.length > 0);
    });
    const carrier = filing.described(name);
    if (errors.length) carrier.setAttribute("aria-invalid", "true");
    else carrier.removeAttribute("aria-invalid");
    if (words) {
      const made = document.createElement("div");
      made.id = "f-" + name + "-loi";
      made.className = "field-" + kind;
      made.dataset.live = "";
      const icon = document.getElementById("filing-icon-" + kind);
      if (icon) made.append(icon.content.cloneNode(true));
      made.append(sentence(words));
      filing.putBelow(name, made);
      if (!before) filing.say(filing.label(name) + ": " + words);
      const folded = made.closest("details");
      if (folded) folded.open = true;
      // What asks for an explanation opens the box for it.
      const box = errors.length && words.includes("“Giải trình”") && filing.question(name).querySelector(".explanation");
      if (box) box.open = true;
    }
    filing.describe(name);
  }
  form.addEventListener("filing:notes", function (event) {
    // The server names every field that its answer speaks of, also those in which a neighbour cured something.
    const names = new Set(event.detail.sent.concat(Object.keys(event.detail.notes)));
    names.forEach(function (name) {
      note(name, event.detail.notes[name]);
    });
  });

  // --- how long a text is -------------------------------------------------------------------------------------------

  const SHOWN_FROM = 0.8; // of the length; a short text is always counted

  function count(field) {
    const most = Number(field.dataset.length);
    const now = Array.from(field.value.normalize("NFC")).length;
    const id = field.id + "-dem";
    let label = document.getElementById(id);
    const isShown = most <= 2000 ? field.offsetParent !== null : now > most * SHOWN_FROM;
    if (!label) {
      if (!isShown) return;
      label = document.createElement("div");
      label.id = id;
      label.className = "field-count";
      field.after(label);
      filing.describe(field.name);
    }
    const digits = function (number) {
      return String(number).replace(/\B(?=([0-9]{3})+$)/g, ".");
    };
    const over = now - most;
    label.hidden = !isShown;
    if (over > 0 && !label.classList.contains("field-count--over")) {
      filing.say(filing.label(field.name) + ": dài quá " + digits(most) + " ký tự.");
    }
    label.classList.toggle("field-count--over", over > 0);
    label.textContent =
      digits(now) + "/" + digits(most) + " ký tự" + (over > 0 ? ", dài quá " + digits(over) + " ký tự" : "");
  }
  function counted(event) {
    if (event.target.dataset && event.target.dataset.length) count(event.target);
  }
  form.addEventListener("input", counted);
  form.addEventListener("filing:put", counted);
  form.addEventListener(
    "toggle",
    function (event) {
      if (event.target.open) event.target.querySelectorAll("textarea[data-length]").forEach(count);
    },
    true
  );
  form.querySelectorAll("textarea[data-length]").forEach(count);
})();
