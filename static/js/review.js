/* Keys of the review: on the queue j/k, arrows, Enter and x; on a report n, p, a, r, u. No key decides anything: it moves
   the focus to the button or the form that does. The pages work without this file. */
(function () {
  "use strict";

  function typing(target) {
    return target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
  }
  function counts(event) {
    const held = event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented;
    return keysOn && !held && !typing(event.target);
  }

  // Single keys can be switched off, as who dictates or uses other aids needs them to be.
  const SWITCH = "mangnon-review-keys";
  let keysOn = true;
  try {
    keysOn = window.localStorage.getItem(SWITCH) !== "off";
  } catch {
    // No storage: the keys are on for this page.
  }
  const line = document.querySelector("[data-keys]");
  if (line) {
    const button = line.querySelector("[data-keys-switch]");
    const show = function () {
      line.querySelector("[data-keys-list]").hidden = !keysOn;
      button.textContent = keysOn ? button.dataset.off : button.dataset.on;
    };
    line.hidden = false;
    show();
    button.addEventListener("click", function () {
      keysOn = !keysOn;
      try {
        window.localStorage.setItem(SWITCH, keysOn ? "on" : "off");
      } catch {
        // No storage: it holds for this page.
      }
      show();
    });
  }

  // --- the queue ---------------------------------------------------------------------------------------------------
  const queue = document.querySelector("[data-queue]");
  if (queue) {
    const rows = Array.from(queue.querySelectorAll("tbody tr"));
    const link = function (row) {
      return row.querySelector("th a");
    };
    const here = function () {
      return rows.findIndex(function (row) {
        return row.contains(document.activeElement);
      });
    };
    const move = function (step) {
      const place = here();
      const next = place < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(place + step, 0), rows.length - 1);
      link(rows[next]).focus();
      rows[next].scrollIntoView({ block: "nearest" });
    };
    document.addEventListener("keydown", function (event) {
      if (!counts(event)) return;
      const down = event.key === "j" || (event.key === "ArrowDown" && here() >= 0);
      const up = event.key === "k" || (event.key === "ArrowUp" && here() >= 0);
      if (down || up) {
        event.preventDefault();
        move(down ? 1 : -1);
      } else if (event.key === "x" && here() >= 0 && !event.repeat) {
        const tick = rows[here()].querySelector("input[name=chon]");
        if (tick) tick.click();
      }
    });

    const all = document.querySelector("[data-tick-all]");
    if (all) {
      const box = all.querySelector("input");
      const ticks = Array.from(queue.querySelectorAll("input[name=chon]"));
      all.hidden = false;
      box.addEventListener("change", function () {
        ticks.forEach(function (tick) {
          tick.checked = box.checked;
        });
      });
      queue.addEventListener("change", function () {
        const chosen = ticks.filter(function (tick) {
          return tick.checked;
        }).length;
        box.checked = chosen === ticks.length;
        box.indeterminate = chosen > 0 && chosen < ticks.length;
      });
    }
  }

  // --- a report ----------------------------------------------------------------------------------------------------
  function go(selector) {
    const target = document.querySelector(selector);
    if (target) target.click();
    return target !== null;
  }
  function focus(selector) {
    const target = document.querySelector(selector);
    if (target) {
      target.focus();
      target.scrollIntoView({ block: "center" });
    }
    return target !== null;
  }
  const keys = {
    n: function () {
      return go("[data-key-next]");
    },
    p: function () {
      return go("[data-key-before]");
    },
    a: function () {
      return focus("[data-key-approve]");
    },
    r: function () {
      return focus("[data-key-reason]");
    },
    u: function () {
      return go("[data-key-queue]");
    },
  };
  if (document.querySelector("[data-review]")) {
    document.addEventListener("keydown", function (event) {
      if (!counts(event) || event.repeat || !Object.hasOwn(keys, event.key)) return;
      if (keys[event.key]()) event.preventDefault();
    });
  }

  // The button that opens the return form puts the cursor there.
  document.querySelectorAll("[data-key-return]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      if (focus("[data-key-reason]")) event.preventDefault();
    });
  });

  // A remark leads to the box of its item: ticked, with the proposed reason, the cursor behind it.
  document.querySelectorAll("[data-return-item]").forEach(function (link) {
    const code = link.dataset.returnItem;
    const tick = document.getElementById("returnform-tich-" + code);
    const reason = document.getElementById("returnform-muc-" + code);
    if (!tick || !reason) return; // nothing can be returned now
    link.hidden = false;
    link.addEventListener("click", function (event) {
      event.preventDefault();
      tick.closest("details").open = true;
      if (!tick.checked) tick.click();
      if (!reason.value) reason.value = link.dataset.reason || "";
      reason.dispatchEvent(new Event("input", { bubbles: true }));
      reason.focus();
      reason.scrollIntoView({ block: "center" });
    });
  });

  // What the return will open again, said while the items are ticked.
  const form = document.querySelector("[data-return-form]");
  const summary = form && form.querySelector("[data-opens]");
  if (summary) {
    const tell = function () {
      const reason = form.querySelector("[data-key-reason]").value.trim();
      const ticked = form.querySelectorAll("input[type=checkbox]:checked").length;
      if (reason) summary.textContent = summary.dataset.all;
      else summary.textContent = ticked ? summary.dataset.some.replace("{n}", ticked) : "";
    };
    form.addEventListener("input", tell);
    tell();
  }
})();
