/* The sum of the amounts while they are typed; the server adds them again when they are saved. */
(function () {
  "use strict";

  // As reports/whole_numbers.py reads them: thousands by dots or spaces, "đồng" behind. null: not one number for sure.
  function whole(text) {
    const shown = text.replace(/\s+/g, " ").trim().replace(/\s*(đồng|đ|vnđ|vnd)\.?$/i, "");
    if (!/^([0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3})+|[1-9][0-9]{0,2}( [0-9]{3})+)$/.test(shown)) return null;
    const number = Number(shown.replace(/[^0-9]/g, ""));
    return number <= 1e15 ? number : null;
  }

  document.querySelectorAll("[data-sum]").forEach(function (box) {
    const fields = Array.from(box.querySelectorAll("input[type=text]"));
    const shown = box.querySelector("[data-sum-of]");
    const format = new Intl.NumberFormat("vi-VN");

    function show() {
      const typed = fields.map((field) => field.value.trim()).filter(Boolean).map(whole);
      const known = typed.length > 0 && !typed.includes(null);
      shown.textContent = known ? format.format(typed.reduce((sum, number) => sum + number, 0)) : "";
      shown.parentElement.hidden = !known;
    }

    box.addEventListener("input", show);
    show();
  });
})();
