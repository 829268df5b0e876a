/* The check of a paper: the hash of a file is worked out in the browser, so that the file goes nowhere. Without this
   file, or where the browser has no SubtleCrypto, the hash is pasted. */
(function () {
  "use strict";

  const form = document.querySelector("[data-hash-form]");
  const box = form && form.querySelector("[data-hash-drop]");
  if (!box || !window.crypto || !window.crypto.subtle) {
    return;
  }
  const input = box.querySelector("input[type=file]");
  const state = box.querySelector("[data-hash-state]");
  const field = form.elements.bam;

  async function compare(file) {
    state.textContent = state.dataset.working;
    try {
      const digest = await window.crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      const bytes = Array.from(new Uint8Array(digest));
      field.value = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    } catch {
      state.textContent = state.dataset.failed;
      return;
    }
    input.value = "";
    form.requestSubmit();
  }

  input.addEventListener("change", function () {
    if (input.files.length) {
      compare(input.files[0]);
    }
  });
  box.addEventListener("dragover", function (event) {
    event.preventDefault();
  });
  box.addEventListener("drop", function (event) {
    event.preventDefault();
    if (event.dataTransfer.files.length) {
      compare(event.dataTransfer.files[0]);
    }
  });
  box.hidden = false;
})();
