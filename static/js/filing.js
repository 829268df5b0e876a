/* The filing form, last: small helps of the page, then the start. The page works without all of this. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing || !filing.claim) return;

  const form = filing.form;

  // A link to a field inside a closed note opens the note.
  form.addEventListener("click", function (event) {
    const link = event.target.closest('a[href^="#f-"]');
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    filing.goTo(field);
  });

  // Last period's text into its field, behind what stands there, as views/filing.py does it without scripts.
  form.addEventListener("click", function (event) {
    const pressed = event.target.closest('button[value^="copy-before:"]');
    const name = pressed && pressed.value.slice("copy-before:".length);
    const field = name && filing.first(name);
    if (!field) return;
    event.preventDefault();
    const before = Array.from(pressed.closest("details").querySelector("p").childNodes, function (node) {
      return node.nodeName === "BR" ? "\n" : node.textContent;
    }).join("");
    const now = filing.text(name);
    if (!now.includes(before)) {
      filing.put(name, now ? now + "\n" + before : before);
      filing.changed([name]);
      filing.say("Đã chép nội dung kỳ trước vào ô. Hãy sửa theo kết quả của kỳ này.");
    }
    filing.goTo(field);
  });

  const filler = form.querySelector("[data-fill-rest]");
  if (filler) {
    filler.hidden = false;
    filler.querySelector("button").addEventListener("click", function () {
      const chosen = filler.querySelector("select").value;
      const filled = Array.from(form.querySelectorAll('select[name$=".status"]')).filter(function (field) {
        return filing.isField(field) && !field.value && (chosen !== "before" || field.dataset.before);
      });
      filled.forEach(function (field) {
        filing.put(field.name, chosen === "before" ? field.dataset.before : chosen);
      });
      filing.say("Đã điền " + filled.length + " nhiệm vụ.");
      filing.changed(
        filled.map(function (field) {
          return field.name;
        })
      );
      filing.save();
    });
  }

  async function start() {
    await filing.catchUp();
    form.querySelectorAll(".field-clash").forEach(function (box) {
      filing.ask(box.id.slice(2, -"-khac".length), "");
    });
    filing.claim();
    const summary = document.getElementById("kiem-tra");
    if (summary && location.hash === "#kiem-tra") summary.focus();
    filing.setUpCopy();
  }
  start();
})();
