/* The filing form, 3: two texts for one field. Both are shown, and nothing of the field is sent until one is chosen. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing) return;

  function choose(name, text) {
    const box = document.getElementById("f-" + name + "-khac");
    filing.held.delete(name);
    if (box) box.remove();
    filing.put(name, text);
    filing.describe(name);
    filing.first(name).focus();
    filing.keep();
    filing.tell([name], text === filing.confirmed(name) ? "same" : "typed");
    filing.schedule(0);
  }
  // `theirs` is the other text; without it, what the server holds.
  function ask(name, who, theirs) {
    if (!filing.first(name)) return;
    const other = theirs === undefined ? filing.confirmed(name) : theirs;
    let box = document.getElementById("f-" + name + "-khac");
    filing.held.add(name);
    filing.tell([name], "asked");
    if (box && box.querySelector("button")) box.remove();
    if (!box || !box.isConnected) {
      box = document.createElement("div");
      box.id = "f-" + name + "-khac";
      box.className = "field-clash";
      const shown = document.createElement("q");
      shown.className = "field-clash__text";
      shown.textContent = filing.words(name, other);
      box.append(who || "Bản đã lưu: ", shown);
      filing.putBelow(name, box);
    } else if (box.querySelector("q")) {
      box.querySelector("q").textContent = filing.words(name, other);
    }
    filing.describe(name);
    const buttons = document.createElement("div");
    buttons.className = "field-clash__buttons";
    buttons.append(
      button(isText(name) ? "Dùng chữ này" : "Dùng trả lời này", function () {
        choose(name, other);
      }),
      button(isText(name) ? "Giữ chữ của tôi" : "Giữ trả lời của tôi", function () {
        choose(name, filing.text(name));
      })
    );
    box.append(buttons);
  }
  function isText(name) {
    return ["text", "textarea"].includes(filing.first(name).type);
  }
  function button(words, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-sm btn-outline-secondary";
    made.textContent = words;
    made.addEventListener("click", press);
    return made;
  }

  Object.assign(filing, { ask: ask, choose: choose, button: button });
})();
