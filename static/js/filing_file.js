/* The filing form: what a chosen file still lacks is said before it is sent, for a browser forgets a file that comes
   back refused. The server asks the same. */
(function () {
  "use strict";

  const upload = document.getElementById("f-tep");
  const told = document.querySelector("[data-file-lacks]");
  if (!upload || !told) return;
  const box = upload.closest(".file-add");
  const caption = box.querySelector('input[type="text"]');
  const consents = Array.from(box.querySelectorAll('input[type="radio"]'));

  // The field that is missing and its sentence; nothing where the file can go.
  function lack() {
    const file = upload.files[0];
    if (!file) return null;
    if (file.size > Number(told.dataset.most)) return [upload, told.dataset.large];
    if (!caption.value.trim()) return [caption, told.dataset.caption];
    const isPicture = file.type.startsWith("image/") || /\.(jpe?g|png|webp)$/i.test(file.name);
    const isDeclared = consents.some(function (one) {
      return one.checked;
    });
    return isPicture && !isDeclared ? [consents[0], told.dataset.consent] : null;
  }

  // First of all who listen: a file that cannot go holds up whatever button was pressed; the text saves itself.
  upload.form.addEventListener(
    "submit",
    function (event) {
      const found = lack();
      told.hidden = !found;
      if (!found) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      told.textContent = found[1];
      found[0].focus();
      told.scrollIntoView({ block: "center" });
    },
    true,
  );
  box.addEventListener("input", function () {
    told.hidden = true;
  });
})();
