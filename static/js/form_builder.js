/* The builder of forms: order by dragging and by arrow keys, rows of groups, the part of a share without a target.
   Everything here works without this file too, by buttons and pages. */
(function () {
  "use strict";

  const builder = document.querySelector("[data-builder]");
  if (builder) order(builder);
  document.querySelectorAll("[data-rows]").forEach(rows);
  shareWithTarget();

  // --- order ------------------------------------------------------------------------------------------------------

  function order(builder) {
    const announce = builder.querySelector("[data-announce]");
    const live = document.getElementById("live");
    let waiting = 0;
    let saving = Promise.resolve();

    builder.querySelector("[data-drag-help]").hidden = false;
    builder.querySelectorAll("[data-handle]").forEach(function (handle) {
      handle.hidden = false;
      handle.addEventListener("keydown", onKey);
      handle.addEventListener("pointerdown", onGrab);
    });
    builder.querySelectorAll("[data-add-to]").forEach(function (link) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        const section = link.dataset.addTo;
        const box = document.getElementById("them-muc");
        builder.querySelector("[data-add-into]").textContent = " vào phần “" + section + "”";
        builder.querySelectorAll("[data-kind]").forEach(function (kind) {
          kind.href = kind.getAttribute("href").split("?")[0] + "?phan=" + encodeURIComponent(section);
        });
        box.scrollIntoView({ block: "start" });
        box.focus({ preventScroll: true });
      });
    });
    builder.addEventListener("submit", function (event) {
      // A choice of the preview asks for the preview alone.
      if (event.target.matches("[data-preview-choice]")) {
        event.preventDefault();
        preview();
      }
    });

    function onKey(event) {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const handle = event.currentTarget;
      const item = handle.closest("[data-item]");
      if (move(item, step)) {
        handle.focus();
        item.scrollIntoView({ block: "nearest" });
        say(item);
        soon();
      }
    }

    // One place up or down, over the edge of a section into the next.
    function move(item, step) {
      const list = item.parentElement;
      const beside = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (beside) {
        list.insertBefore(item, step < 0 ? beside : beside.nextElementSibling);
        return true;
      }
      const lists = Array.from(builder.querySelectorAll(".builder__list"));
      const other = lists[lists.indexOf(list) + step];
      if (!other) return false;
      other.insertBefore(item, step < 0 ? null : other.firstElementChild);
      return true;
    }

    function onGrab(event) {
      if (event.button) return;
      const handle = event.currentTarget;
      const item = handle.closest("[data-item]");
      const before = places();
      item.classList.add("is-dragged");
      builder.classList.add("is-dragging");

      // On the document, as an item that is put elsewhere in the page loses the pointer.
      function onMove(event) {
        const under = document.elementFromPoint(event.clientX, event.clientY);
        const over = under && under.closest("[data-item]");
        const section = under && under.closest(".builder__section");
        if (over && over !== item && builder.contains(over)) {
          const box = over.getBoundingClientRect();
          const after = event.clientY > box.top + box.height / 2;
          over.parentElement.insertBefore(item, after ? over.nextElementSibling : over);
        } else if (section && !over && !section.contains(item)) {
          section.querySelector(".builder__list").append(item);
        }
        edge(event.clientY);
      }
      function onDrop() {
        document.removeEventListener("pointermove", onMove);
        document.removeEventListener("pointerup", onDrop);
        document.removeEventListener("pointercancel", onDrop);
        item.classList.remove("is-dragged");
        builder.classList.remove("is-dragging");
        handle.focus({ preventScroll: true });
        if (JSON.stringify(places()) !== JSON.stringify(before)) {
          say(item);
          soon();
        }
      }
      event.preventDefault();
      document.addEventListener("pointermove", onMove);
      document.addEventListener("pointerup", onDrop);
      document.addEventListener("pointercancel", onDrop);
    }

    function edge(y) {
      if (y < 90) window.scrollBy(0, -14);
      if (y > window.innerHeight - 60) window.scrollBy(0, 14);
    }

    function places() {
      return Array.from(builder.querySelectorAll(".builder__section")).map(function (section) {
        const items = Array.from(section.querySelectorAll("[data-item]"));
        return [section.dataset.section, items.map((item) => Number(item.dataset.item))];
      });
    }

    function say(item) {
      const section = item.closest(".builder__section");
      const items = Array.from(section.querySelectorAll("[data-item]"));
      announce.textContent =
        "“" + item.dataset.label + "” đứng thứ " + (items.indexOf(item) + 1) + " trên " + items.length +
        " trong phần “" + section.dataset.section + "”.";
    }

    // Several steps by keys are one save; saves never overtake each other.
    function soon() {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(function () {
        waiting = 0;
        saving = saving.then(save);
      }, 350);
    }
    window.addEventListener("beforeunload", function (event) {
      if (waiting) event.preventDefault();
    });

    async function save() {
      const token = document.querySelector('meta[name="csrf-token"]').content;
      const body = new URLSearchParams({ seen: builder.dataset.seen, thu_tu: JSON.stringify(places()) });
      builder.dataset.saving = "yes";
      let answer;
      try {
        answer = await fetch(builder.dataset.order, { method: "POST", body: body, headers: { "X-CSRFToken": token } });
      } catch (error) {
        return fail(live.dataset.failed);
      }
      const isText = (answer.headers.get("Content-Type") || "").startsWith("text/plain");
      if (!answer.ok || answer.redirected) return fail(isText ? await answer.text() : live.dataset.failed);
      const seen = String((await answer.json()).seen);
      builder.dataset.seen = seen;
      builder.querySelectorAll('input[name="seen"]').forEach((input) => { input.value = seen; });
      ends();
      delete builder.dataset.saving;
      preview();
    }

    function fail(sentence) {
      delete builder.dataset.saving;
      live.textContent = sentence + " Thứ tự mới chưa được ghi; hãy tải lại trang.";
      live.hidden = false;
      live.scrollIntoView({ block: "center" });
    }

    // The first item of all cannot go up, the last cannot go down; a section left empty is gone after a reload.
    function ends() {
      const items = Array.from(builder.querySelectorAll("[data-item]"));
      items.forEach(function (item, place) {
        item.querySelector('[value="len"]').disabled = place === 0;
        item.querySelector('[value="xuong"]').disabled = place === items.length - 1;
      });
    }

    function preview() {
      const choice = builder.querySelector("#cap");
      const level = choice ? "?cap=" + encodeURIComponent(choice.value) : "";
      window.htmx.ajax("GET", builder.dataset.preview + level, { target: "#xem-truoc", swap: "innerHTML" });
    }
  }

  // --- rows of groups or answers ----------------------------------------------------------------------------------

  function rows(box) {
    const list = box.querySelector("ol");
    const button = box.querySelector("[data-add-row]");
    button.hidden = false;
    button.addEventListener("click", function () {
      const row = list.lastElementChild.cloneNode(true);
      const number = list.children.length + 1;
      const input = row.querySelector('input[type="text"]');
      const label = row.querySelector("label");
      input.value = "";
      input.id = input.name + "-" + number;
      label.htmlFor = input.id;
      label.textContent = label.textContent.replace(/\d+$/, number);
      row.querySelector('input[type="hidden"]').value = "";
      list.append(row);
      input.focus();
    });
  }

  // --- a share with a target brings its own labels ----------------------------------------------------------------

  function shareWithTarget() {
    const target = document.querySelector('select[name="target"]');
    const own = document.querySelector("[data-own-share]");
    if (!target || !own) return;
    function show() {
      own.hidden = Boolean(target.value) && !own.querySelector(".is-invalid");
    }
    target.addEventListener("change", show);
    show();
  }
})();
