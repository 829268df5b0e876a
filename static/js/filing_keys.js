/* The filing form, 7: the whole form by keyboard. No key without Ctrl or Alt does anything but in a figure, so that
   typing and screen readers keep theirs. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing) return;

  const form = filing.form;

  function figures() {
    return Array.from(form.querySelectorAll(".figure input[name]")).filter(function (input) {
      return filing.isFigure(input) && !input.readOnly && input.offsetParent !== null;
    });
  }
  function go(to) {
    if (!to) return;
    to.focus();
    to.select();
  }
  // The figure above or below in the same column; a row without that column is stepped over.
  function vertical(element, step) {
    const rows = filing.figureRows(element);
    const at = rows.findIndex(function (row) {
      return row.includes(element);
    });
    const column = rows[at].indexOf(element);
    for (let row = at + step; row >= 0 && row < rows.length; row += step) {
      if (rows[row][column]) return rows[row][column];
    }
    return null;
  }
  function nil(element) {
    const question = element.closest && element.closest(".question");
    return question && question.querySelector('input[type="checkbox"][name$=".nil"]');
  }

  document.addEventListener("keydown", function (event) {
    const element = event.target;
    if (event.isComposing) return; // an input method is still making a letter
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-save]"));
      return;
    }
    // Not by its letter: with Alt some keyboards make another one.
    if (event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.code === "KeyN") {
      const box = nil(element);
      if (!box || box.disabled) return;
      event.preventDefault();
      box.checked = !box.checked;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.dispatchEvent(new Event("change", { bubbles: true }));
      filing.say("Không phát sinh: " + (box.checked ? "đã chọn." : "đã bỏ chọn."));
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || !element.matches || !filing.isFigure(element)) return;
    if (event.key === "Enter") {
      const all = figures();
      const next = all[all.indexOf(element) + (event.shiftKey ? -1 : 1)];
      event.preventDefault(); // at the last figure too: Enter never sends a form that is half filled
      go(next);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.shiftKey) {
      const to = vertical(element, event.key === "ArrowDown" ? 1 : -1);
      if (!to) return;
      event.preventDefault();
      go(to);
    }
  });

  // The key of a telephone's keyboard says where it leads.
  form.querySelectorAll(".figure input[name]").forEach(function (input) {
    input.enterKeyHint = "next";
  });

  const help = document.getElementById("filing-keys");
  if (help) help.hidden = false;
})();
