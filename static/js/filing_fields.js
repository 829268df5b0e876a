/* The filing form, 1: its fields by name. A radio group is one field; a box says "on" or nothing, as in the draft.

   The files filing_*.js share `window.filing`; each adds what its heading names, and filing.js starts the page. What
   happens is told by events on the form: `filing:put` (a text was put into a field), `filing:state` (how the saving of
   some fields stands), `filing:notes` (what the server remarks). */
(function () {
  "use strict";

  const form = document.getElementById("filing");
  if (!form) return;

  const NOT_FIELDS = new Set(["csrfmiddlewaretoken", "action", "base", "draft_version", "tep"]);
  // They belong to the file that is sent next, not to the draft.
  const OF_THE_FILE = /\.(consent|file_task)$/;
  const byName = new Map();

  function isField(element) {
    return Boolean(
      element.name &&
        element.form === form &&
        !NOT_FIELDS.has(element.name) &&
        !OF_THE_FILE.test(element.name) &&
        !["submit", "button", "file", "hidden"].includes(element.type) &&
        !element.disabled
    );
  }
  Array.from(form.elements)
    .filter(isField)
    .forEach(function (element) {
      byName.set(element.name, (byName.get(element.name) || []).concat(element));
    });

  function all(name) {
    return byName.get(name) || [];
  }
  function first(name) {
    const found = all(name);
    return (
      found.find(function (element) {
        return element.type === "radio" && element.checked;
      }) || found[0]
    );
  }
  function text(name) {
    const field = first(name);
    if (!field) return "";
    if (field.type === "checkbox") return field.checked ? "on" : "";
    if (field.type === "radio") return field.checked ? field.value : "";
    return field.value.normalize("NFC").replace(/\r\n/g, "\n").replace(/\0/g, "");
  }
  function put(name, now) {
    const field = first(name);
    if (field.type === "checkbox") field.checked = now === "on";
    else if (field.type === "radio") {
      all(name).forEach(function (element) {
        element.checked = element.value === now;
      });
    } else field.value = now;
    const folded = field.closest("details");
    if (folded && now) folded.open = true;
    field.dispatchEvent(new CustomEvent("filing:put", { bubbles: true }));
  }

  // --- words about a field ------------------------------------------------------------------------------------------

  function plain(element) {
    return element ? element.textContent.replace(/\s+/g, " ").trim() : "";
  }
  // A text as a person reads it: an answer by its words, not by its code.
  function words(name, now) {
    const field = first(name);
    if (!now || !field) return now ? now : "(để trống)";
    if (field.type === "checkbox") return "có đánh dấu";
    if (field.type === "radio") {
      const chosen = all(name).find(function (element) {
        return element.value === now;
      });
      return (chosen && plain(chosen.labels[0])) || now;
    }
    if (field.tagName === "SELECT") {
      const option = Array.from(field.options).find(function (one) {
        return one.value === now;
      });
      return option ? plain(option) : now;
    }
    return now;
  }
  function question(name) {
    const field = first(name);
    return field ? field.closest(".question") : null;
  }
  function label(name) {
    const field = first(name);
    const asked = plain(question(name) && question(name).querySelector(".question__label"));
    if (!field || field.type === "radio") return asked || name;
    const own = plain(field.labels && field.labels[0]);
    const group = field.closest("[data-group]");
    const title = plain(group && group.querySelector("h3"));
    return (
      [asked, title, own]
        .filter(function (part, at, parts) {
          return part && parts.indexOf(part) === at;
        })
        .join(" · ") || name
    );
  }

  // --- what stands beside a field -----------------------------------------------------------------------------------

  // What carries the description: the field, or the group of radio buttons.
  function described(name) {
    const field = first(name);
    return (field.type === "radio" && field.closest("[role=radiogroup], fieldset")) || field;
  }
  // Notes of a figure have a place of their own; those of another field stand right below it.
  function putBelow(name, made) {
    const field = first(name);
    const figure = field.closest(".figure");
    const notes = figure && figure.parentElement.querySelector(":scope > .figure__notes");
    const group = field.type === "radio" ? described(name) : null;
    if (notes) notes.prepend(made);
    else (group || figure || field.closest(".form-check") || field).after(made);
  }
  const ORDER = ["loi", "khac", "truoc", "dem"]; // as the server writes them: errors first
  // aria-describedby names what is there now, and nothing that is gone.
  function describe(name) {
    const carrier = described(name);
    const before = (carrier.getAttribute("aria-describedby") || "").split(/\s+/);
    const ours = ORDER.map(function (part) {
      return "f-" + name + "-" + part;
    });
    const others = before.filter(function (id) {
      return id && !ours.includes(id);
    });
    const ids = ours.concat(others).filter(function (id) {
      return document.getElementById(id);
    });
    if (ids.length) carrier.setAttribute("aria-describedby", ids.join(" "));
    else carrier.removeAttribute("aria-describedby");
  }

  function goTo(element) {
    const folded = element.closest("details");
    if (folded) folded.open = true;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
  }
  function emit(type, detail) {
    form.dispatchEvent(new CustomEvent(type, { detail: detail }));
  }

  // One sentence for those who listen instead of looking; never the coming and going of every save.
  const live = document.createElement("p");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");
  form.append(live);
  function say(sentence) {
    live.textContent = sentence;
  }

  window.filing = {
    form: form,
    isField: isField,
    names: function () {
      return Array.from(byName.keys());
    },
    all: all,
    first: first,
    text: text,
    put: put,
    words: words,
    question: question,
    label: label,
    described: described,
    putBelow: putBelow,
    describe: describe,
    goTo: goTo,
    emit: emit,
    say: say,
  };
})();
