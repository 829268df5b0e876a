/* Small comforts; every page works without this file. */
(function () {
  "use strict";

  // htmx: the CSRF token of the page, and one spoken sentence when a request fails.
  document.addEventListener("htmx:configRequest", function (event) {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token && event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = token.content;
    }
  });
  function failed(event) {
    const live = document.getElementById("live");
    const answer = event.detail.xhr;
    if (live) {
      const type = (answer && answer.getResponseHeader("Content-Type")) || "";
      live.textContent = type.startsWith("text/plain") ? answer.responseText : live.dataset.failed;
      live.hidden = false;
      live.scrollIntoView({ block: "center" });
    }
  }
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  // A menu in <details> closes on Escape and on a click beside it.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    });
  });

  // data-confirm asks once, in words that name what will happen; data-once stops a second click on the same form.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    const words = (event.submitter && event.submitter.dataset.confirm) || form.dataset.confirm;
    if (words && !window.confirm(words)) {
      event.preventDefault();
      return;
    }
    form.dataset.submitted = "yes";
    if ("once" in form.dataset) {
      if (form.dataset.sending) event.preventDefault();
      form.dataset.sending = "yes";
      if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
    }
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-once]").forEach(function (form) {
      delete form.dataset.sending;
      form.querySelectorAll("[aria-disabled]").forEach(function (button) {
        button.removeAttribute("aria-disabled");
      });
    });
  });

  // data-autosubmit: choosing is enough (the button beside it serves where scripts are off).
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
    const form = event.target.closest && event.target.closest("form[data-warn-unsaved]");
    if (form) form.dataset.changed = "yes";
  });
  window.addEventListener("beforeunload", function (event) {
    document.querySelectorAll("form[data-warn-unsaved][data-changed]").forEach(function (form) {
      if (!form.dataset.submitted) event.preventDefault();
    });
  });

  // data-print opens the print window.
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
})();
