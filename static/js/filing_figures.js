/* The filing form, 5: figures. Reads them as whole_numbers.py does, groups their digits, sums groups, and says
   percentages: cut, never rounded up, with as many decimals as the verdict needs. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing) return;

  const form = filing.form;
  const UNFOLD = 400; // milliseconds, longer than a press of the mouse
  const MOST = 10n ** 15n;
  const SCALED = /([0-9]{1,9})(?:[.,]([0-9]{1,2}|[0-9]{4,9}))? ?(tỷ|tỉ|triệu|tr|nghìn|ngàn|k)(?![\p{L}\p{N}])/giu;
  const SCALES = { tỷ: 10n ** 9n, tỉ: 10n ** 9n, triệu: 10n ** 6n, tr: 10n ** 6n, nghìn: 1000n, ngàn: 1000n, k: 1000n };

  function isFigure(element) {
    return Boolean(element.matches && element.matches(".figure input[name]") && filing.isField(element));
  }
  function isMoney(element) {
    const question = element.closest("[data-kind]");
    return Boolean(question && question.dataset.kind === "money");
  }
  // The number that a text says beyond doubt, or null.
  function whole(text, money) {
    let shown = text.replace(/[\s\u00a0\u2009\u202f]+/g, " ").trim();
    if (money) shown = shown.replace(/ *(?:đồng|đ|vnđ|vnd)\.?$/i, "");
    const amount = money ? amountInWords(shown.normalize("NFC")) : null;
    if (amount !== null) return amount <= MOST ? amount : null;
    const readable =
      /^[0-9]{1,15}$/.test(shown) || /^[1-9][0-9]{0,2}([. ])[0-9]{3}(\1[0-9]{3})*(,00?)?$/.test(shown) ||
      /^[1-9][0-9]{0,2}(,[0-9]{3}){2,}$/.test(shown);
    const number = readable ? BigInt(shown.replace(/([0-9]{3}),00?$/, "$1").replace(/[^0-9]/g, "")) : null;
    return number !== null && number <= MOST ? number : null;
  }
  // "12,5 triệu" or "1 tỷ 250 triệu" in đồng; null where it is no whole number or can be read in two ways.
  function amountInWords(text) {
    const parts = Array.from(text.matchAll(SCALED));
    if (!parts.length || text.replace(SCALED, "").trim()) return null;
    let total = 0n;
    let above = 0n;
    for (const [, whole, decimals, word] of parts) {
      const scale = SCALES[word.toLowerCase()];
      const places = 10n ** BigInt((decimals || "").length);
      const exact = BigInt(whole + (decimals || "")) * scale;
      const amount = exact / places;
      if (exact % places || (decimals && parts.length > 1) || (above && (scale >= above || amount >= above))) return null;
      total += amount;
      above = scale;
    }
    return total;
  }
  function valueOf(element) {
    return whole(element.value, isMoney(element));
  }
  function grouped(number) {
    return String(number).replace(/\B(?=([0-9]{3})+$)/g, ".");
  }

  // --- shares -------------------------------------------------------------------------------------------------------

  function isMet(numerator, denominator, goal) {
    const asked = goal.hundredths * denominator;
    return goal.operator === "gt" ? numerator * 10000n > asked : numerator * 10000n >= asked;
  }
  function percent(numerator, denominator, goal) {
    if (numerator === null || !denominator || numerator > denominator) return "–";
    let places = 1n;
    for (;;) {
      const cut = (numerator * 100n * 10n ** places) / denominator;
      const tells = !goal || isMet(cut, 100n * 10n ** places, goal) === isMet(numerator, denominator, goal);
      if ((tells && (cut > 0n || numerator === 0n)) || places >= 12n) {
        const digits = String(cut).padStart(Number(places) + 1, "0");
        return digits.slice(0, -Number(places)) + "," + digits.slice(-Number(places)) + " %";
      }
      places += 1n;
    }
  }
  function refreshShare(share) {
    const goal = share.dataset.operator
      ? { operator: share.dataset.operator, hundredths: BigInt(share.dataset.hundredths) }
      : null;
    let numerators = 0n;
    let denominators = 0n;
    let isSound = true;
    share.querySelectorAll("[data-group]").forEach(function (group) {
      const parts = ["n", "d"].map(function (part) {
        return group.querySelector('[data-part="' + part + '"]');
      });
      if (!parts[0] || !parts[1]) return;
      const [numerator, denominator] = parts.map(valueOf);
      group.querySelector("[data-percent]").textContent = percent(numerator, denominator, goal);
      if (numerator !== null && denominator !== null) {
        numerators += numerator;
        denominators += denominator;
        isSound = isSound && numerator <= denominator;
      }
    });
    const known = denominators > 0n && isSound;
    const total = share.querySelector("[data-total]");
    const sums = share.querySelector("[data-total-parts]");
    const verdict = share.querySelector("[data-verdict]");
    if (total) total.textContent = isSound ? percent(numerators, denominators, goal) : "–";
    if (sums) sums.textContent = known ? "(" + grouped(numerators) + "/" + grouped(denominators) + ")" : "";
    if (!verdict) return;
    const met = goal && known && isMet(numerators, denominators, goal);
    verdict.textContent = goal && known ? (met ? "✓ Đạt mục tiêu" : "○ Chưa đạt mục tiêu") : "";
    verdict.className = goal && known ? (met ? "state state--ok" : "state state--warn") : "";
  }

  // --- the sum of the groups of a count or an amount ----------------------------------------------------------------

  function refreshSum(box) {
    const numbers = Array.from(box.querySelectorAll(".figure input[name]"), valueOf);
    const known = numbers.filter(function (number) {
      return number !== null;
    });
    const total = box.querySelector("[data-sum-total]");
    const sum = known.reduce(function (one, other) {
      return one + other;
    }, 0n);
    total.textContent = known.length ? grouped(sum) : "–";
    const part = box.querySelector("[data-sum-part]");
    if (part) part.hidden = !known.length || known.length === numbers.length;
  }

  // --- an amount in words -------------------------------------------------------------------------------------------

  // 1.250.000.000 → "1 tỷ 250 triệu đồng"
  function inWords(number) {
    const parts = [
      [number / 10n ** 9n, "tỷ"],
      [(number / 10n ** 6n) % 1000n, "triệu"],
      [(number / 1000n) % 1000n, "nghìn"],
      [number % 1000n, ""],
    ];
    const said = parts
      .filter(function (part) {
        return part[0] > 0n;
      })
      .map(function (part) {
        return (grouped(part[0]) + " " + part[1]).trim();
      });
    return said.join(" ") + " đồng";
  }
  function refreshWords(element) {
    const notes = element.closest(".figure").parentElement.querySelector(":scope > .figure__notes");
    const holder = notes || element.closest(".figure").parentElement;
    let words = holder.querySelector(":scope > .figure__words");
    if (!words) {
      words = document.createElement("div");
      words.className = "figure__words";
      holder.append(words);
    }
    const number = valueOf(element);
    words.textContent = number !== null && number >= 10000n ? inWords(number) : "";
  }

  function refresh(element) {
    if (!isFigure(element)) return;
    const share = element.closest("[data-share]");
    const sum = element.closest("[data-sum]");
    if (share) refreshShare(share);
    if (sum) refreshSum(sum);
    if (isMoney(element)) refreshWords(element);
  }

  form.addEventListener("input", function (event) {
    refresh(event.target);
  });
  form.addEventListener("filing:put", function (event) {
    refresh(event.target);
  });
  form.addEventListener("change", function (event) {
    const element = event.target;
    if (!isFigure(element)) return;
    const now = valueOf(element);
    // What can be read in one way only gets its dots; 007 stays as somebody wrote it.
    if (now !== null && now >= 1000n && !/^\s*0/.test(element.value) && element.value !== grouped(now)) {
      filing.put(element.name, grouped(now));
      filing.changed([element.name]);
    }
    unfold(element, now);
  });
  // A figure far from last period's (the rule is in content_checks.py) opens the box for its explanation: a little
  // later, for the change may come from pressing what lies below, which must not move away under the pointer.
  function unfold(element, now) {
    const before = element.dataset.before && BigInt(element.dataset.before);
    if (!now || !before || before <= 10n || now <= 10n || (now <= 3n * before && now * 3n >= before)) return;
    const box = element.closest(".question").querySelector(".explanation");
    if (box) {
      window.setTimeout(function () {
        box.open = true;
      }, UNFOLD);
    }
  }

  Object.assign(filing, { isFigure: isFigure, isMoney: isMoney, whole: whole, grouped: grouped });

  form.querySelectorAll("[data-share]").forEach(refreshShare);
  form.querySelectorAll("[data-sum]").forEach(refreshSum);
  form.querySelectorAll('[data-kind="money"] .figure input[name]').forEach(refreshWords);
})();
