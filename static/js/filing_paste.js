/* The filing form, 6: a column or a block copied from a spreadsheet is filled into the figures, or the tasks, from the
   field in which one stands: down the rows of the same part of the form, right across numerator and denominator. What
   does not fit is left and said; one press takes the whole paste back. */
(function () {
  "use strict";

  const filing = window.filing;
  if (!filing) return;

  const form = filing.form;
  const MOST_NAMED = 4; // cells that are named; the others are counted
  const SAID_AS = {
    done: ["hoan thanh", "da xong", "xong", "da thuc hien", "da thuc hien xong"],
    ongoing: ["dang lam", "dang trien khai", "dang tien hanh"],
    not_started: ["chua lam", "chua trien khai", "chua tien hanh"],
    not_ours: ["khong thuoc nhiem vu", "khong thuoc"],
  };

  // Rows of cells, as spreadsheets copy them: tabs between cells, quotes around a cell that holds tabs or line ends.
  function table(text) {
    const rows = [[]];
    let cell = "";
    let quoted = false;
    const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
    for (let at = 0; at < source.length; at += 1) {
      const sign = source[at];
      if (quoted && sign === '"' && source[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (quoted ? sign === '"' : sign === '"' && cell === "") quoted = !quoted;
      else if (!quoted && (sign === "\t" || sign === "\n")) {
        rows[rows.length - 1].push(cell);
        cell = "";
        if (sign === "\n") rows.push([]);
      } else cell += sign;
    }
    rows[rows.length - 1].push(cell);
    return rows;
  }
  function trimmed(cell) {
    return cell.trim();
  }
  function folded(text) {
    return text
      .normalize("NFD")
      .replace(/[\u0300-\u036f]/g, "")
      .replace(/[đĐ]/g, "d")
      .toLowerCase()
      .replace(/[^a-z]+/g, " ")
      .trim();
  }

  // --- where the cells go -------------------------------------------------------------------------------------------

  function columnOf(element) {
    return element.dataset.part === "d" || element.name.endsWith(".d") ? 1 : 0;
  }
  // Rows of figures in one part of the form: numerator and denominator of a group, or one number.
  function figureRows(element) {
    const rows = new Map();
    element
      .closest("section")
      .querySelectorAll(".figure input[name]")
      .forEach(function (input) {
        if (!filing.isFigure(input) || input.readOnly) return;
        const key = input.name.slice(0, input.name.lastIndexOf("."));
        if (!rows.has(key)) rows.set(key, []);
        rows.get(key)[columnOf(input)] = input;
      });
    return Array.from(rows.values());
  }
  // Rows of tasks: how it stands, and the note.
  function taskRows(element) {
    return Array.from(element.closest(".question").querySelectorAll(".task"), function (task) {
      return [task.querySelector('select[name$=".status"]'), task.querySelector('textarea[name$=".note"]')];
    });
  }
  function place(rows, element) {
    for (let row = 0; row < rows.length; row += 1) {
      const column = rows[row].indexOf(element);
      if (column >= 0) return { row: row, column: column };
    }
    return null;
  }
  // The text that the field takes for a cell, or null.
  function accepted(field, cell) {
    const text = cell.trim();
    if (filing.isFigure(field)) {
      const number = filing.whole(text, filing.isMoney(field));
      return number === null ? null : filing.grouped(number);
    }
    if (field.tagName === "SELECT") {
      const said = folded(text);
      const option = Array.from(field.options).find(function (one) {
        return one.value && (folded(one.textContent) === said || (SAID_AS[one.value] || []).includes(said));
      });
      return option ? option.value : null;
    }
    return cell.replace(/\r\n?/g, "\n").trim();
  }

  // Headings that were copied along: words above figures, or above answers, none of which can be taken.
  function isHeading(rows, start, line) {
    return line.every(function (cell, right) {
      const field = rows[start.row][start.column + right];
      return /[^0-9.,\s-]/.test(cell) && (!field || field.tagName !== "TEXTAREA") && (!field || accepted(field, cell) === null);
    });
  }
  function fill(rows, start, cells) {
    const before = [];
    const left = [];
    if (cells.length > 1 && isHeading(rows, start, cells[0])) {
      left.push(...cells[0].map(trimmed));
      cells = cells.slice(1);
    }
    cells.forEach(function (line, down) {
      line.forEach(function (cell, right) {
        if (!cell.trim()) return; // an empty cell says nothing, and takes nothing away
        const field = (rows[start.row + down] || [])[start.column + right];
        const text = field ? accepted(field, cell) : null;
        if (text === null) {
          left.push(trimmed(cell));
          return;
        }
        before.push({ name: field.name, was: filing.text(field.name), now: text });
        filing.put(field.name, text);
      });
    });
    return { before: before, left: left };
  }

  // --- what is said, and the way back -------------------------------------------------------------------------------

  const bar = form.querySelector(".filing-bar");
  const line = document.createElement("div");
  line.className = "filing-bar__paste";
  line.setAttribute("role", "status");
  bar.prepend(line);

  function names(left) {
    const shown = left.slice(0, MOST_NAMED).map(function (cell) {
      return "“" + (cell.length > 24 ? cell.slice(0, 24) + "…" : cell) + "”";
    });
    return shown.join(", ") + (left.length > MOST_NAMED ? "…" : ".");
  }
  function tell(done, start) {
    const rest = done.left.length
      ? " Còn " + done.left.length + " ô không điền (hết chỗ, hoặc không rõ là gì): " + names(done.left)
      : "";
    say("Đã dán vào " + done.before.length + " ô." + rest);
    line.dataset.left = done.left.length ? "yes" : "";
    const buttons = document.createElement("span");
    if (done.before.length) buttons.append(filing.button("Hoàn tác dán", takeBack.bind(null, done, start)));
    buttons.append(
      filing.button("Ẩn", function () {
        line.replaceChildren();
        start.focus();
      })
    );
    line.append(buttons);
  }
  function say(words) {
    const said = document.createElement("span");
    said.textContent = words;
    line.replaceChildren(said);
  }
  // Only what still says what was pasted: later typing stays.
  function takeBack(done, start) {
    const back = done.before.filter(function (cell) {
      return filing.text(cell.name) === cell.now;
    });
    back.reverse().forEach(function (cell) {
      filing.put(cell.name, cell.was);
    });
    filing.changed(
      back.map(function (cell) {
        return cell.name;
      })
    );
    line.dataset.left = "";
    say("Đã hoàn tác dán ở " + back.length + " ô.");
    start.focus();
  }

  document.addEventListener("paste", function (event) {
    const element = document.activeElement;
    if (!element || !filing.isField(element) || !event.clipboardData) return;
    const text = event.clipboardData.getData("text/plain");
    const cells = table(text);
    const isTask = Boolean(element.closest(".task"));
    const isBlock = cells.length > 1 || cells[0].length > 1;
    if (filing.isFigure(element) ? !isBlock : !isTask) return;
    // Several lines without columns are an ordinary note.
    if (element.tagName === "TEXTAREA" && !text.includes("\t")) return;
    const rows = isTask ? taskRows(element) : figureRows(element);
    const start = place(rows, element);
    if (!start) return;
    event.preventDefault();
    const done = fill(rows, start, cells);
    filing.changed(
      done.before.map(function (cell) {
        return cell.name;
      })
    );
    tell(done, element);
  });

  Object.assign(filing, { figureRows: figureRows });
})();
