"use strict";
/* The table of trades: columns of numbers, an order of rows, and only the rows in sight are elements of the page. */
page.trades = (async () => {
  const { count, words, columns } = page.data.trades;
  const trades = await page.columns(columns);
  trades.count = count;
  trades.words = words;
  if (!count) return trades;
  trades.closed = trades.closed.map((length, row) => trades.opened[row] + length);
  if (trades.entry && trades.move) trades.exit = trades.move.map((move, row) => trades.entry[row] + move);
  if (trades.risk) trades.r = trades.net.map((net, row) => net / trades.risk[row]);
  const parts = ["spread", "slippage", "commission", "financing"];
  if (parts.every((name) => trades[name])) trades.cost = trades.net.map((_, row) => parts.reduce((sum, name) => sum + trades[name][row], 0));
  trades.word = (name, row) => words[name][trades[name][row]];
  trades.price = (name, row) => trades[name] && Number.isFinite(trades[name][row]) ? trades[name][row].toFixed(page.data.trades.price_digits) : "n/a";
  trades.told = (row) => {
    const stop = trades.stop && Number.isFinite(trades.stop[row]) ? `, stop ${trades.price("stop", row)}` : ", stop not known";
    return `${trades.word("side", row)}${trades.lots ? ` ${+trades.lots[row].toFixed(6)}` : ""} ${trades.word("symbol", row)}: in ${page.moment(trades.opened[row], "dt")} at ${trades.price("entry", row)}${stop}; ` +
      `out ${page.moment(trades.closed[row], "dt")} at ${trades.price("exit", row)} by ${trades.word("reason", row) || "no reason given"}: ` +
      `${trades.r && Number.isFinite(trades.r[row]) ? page.signed(trades.r[row], 2) + " R, " : ""}${page.signed(trades.net[row], page.data.trades.cash_digits)} ${page.data.currency}` +
      (trades.ambiguous && trades.ambiguous[row] ? "; decided inside one bar" : "");
  };
  return trades;
})();

(async () => {
  const ledger = document.getElementById("ledger");
  const trades = await page.trades;
  if (!ledger || !trades.count) return;
  const cash = page.data.trades.cash_digits, unit = page.data.currency, HIGH = 30;
  const side = (value) => (value > 0 ? "plus" : value < 0 ? "minus" : "");
  const signed = (name, digits) => ({ n: true, text: (row) => page.signed(trades[name][row], digits), mark: (row) => side(trades[name][row]), sort: trades[name] });
  const word = (name) => ({ text: (row) => trades.word(name, row) || "none", sort: trades[name] });
  const several = (name) => trades.words[name].length > 1;
  const headings = [
    ["#", 52, { n: true, text: (row) => (row + 1).toLocaleString("en-US"), sort: null }],
    ["Opened", 134, { text: (row) => page.moment(trades.opened[row], "dt"), sort: trades.opened }],
    ["Closed", 134, { text: (row) => page.moment(trades.closed[row], "dt"), sort: trades.closed }],
    several("strategy") && ["Strategy", 120, word("strategy")],
    several("symbol") && ["Instrument", 86, word("symbol")],
    ["Side", 54, word("side")],
    trades.lots && ["Lots", 58, { n: true, text: (row) => String(+trades.lots[row].toFixed(6)), sort: trades.lots }],
    trades.entry && ["Entry", 80, { n: true, text: (row) => trades.price("entry", row), sort: trades.entry }],
    trades.exit && ["Exit", 80, { n: true, text: (row) => trades.price("exit", row), sort: trades.exit }],
    trades.r && ["R", 58, signed("r", 2)],
    [`Net ${unit}`, 88, signed("net", cash)],
    trades.cost && [`Costs ${unit}`, 80, { ...signed("cost", cash), mark: null }],
    trades.mae && ["MAE R", 56, { n: true, text: (row) => page.signed(trades.mae[row], 2).replace("+", ""), sort: trades.mae }],
    trades.mfe && ["MFE R", 56, { n: true, text: (row) => page.signed(trades.mfe[row], 2).replace("+", ""), sort: trades.mfe }],
    ["Why it ended", 96, word("reason")],
    trades.ambiguous && ["In one bar", 58, { text: (row) => (trades.ambiguous[row] ? "yes" : ""), sort: trades.ambiguous }],
  ].filter(Boolean);
  if (innerWidth < 560) { /* on a phone what counts stands first */
    const placeOf = (start) => headings.findIndex(([name]) => name.startsWith(start));
    headings.splice(2, 0, ...["Net", "R"].map((name) => headings.splice(placeOf(name), 1)[0]).reverse());
    headings.splice(0, 1);
  }
  const template = `--screen:${headings.map(([, wide]) => `minmax(${wide}px,${wide}fr)`).join(" ")};--paper-columns:${headings.map(([, wide]) => `${wide}fr`).join(" ")}`;
  const total = headings.reduce((sum, [, wide]) => sum + wide, 0);
  let rows = new Uint32Array(trades.count).map((_, row) => row), sorted = { place: headings.findIndex(([name]) => name === "Opened"), up: true }, chosen = -1;

  const body = page.make("div", { class: "body", role: "rowgroup", style: `position:relative;min-width:${total}px` });
  const buttons = headings.map(([name, , how], place) => {
    const button = page.make("button", { type: "button", on: { click: () => sortBy(place) } }, name);
    return page.make("div", { role: "columnheader", class: how.n ? "n" : null }, button);
  });
  const head = page.make("div", { class: "head", role: "rowgroup", style: `min-width:${total}px` }, page.make("div", { role: "row", style: template }, ...buttons));
  ledger.append(head, body);
  for (const [key, value] of Object.entries({ role: "grid", tabindex: 0, "aria-label": "Trades; arrow keys choose, Enter shows the candles" })) ledger.setAttribute(key, value);

  const drawn = new Map();
  const draw = () => {
    const first = Math.max(0, Math.floor(ledger.scrollTop / HIGH) - 6);
    const last = Math.min(rows.length, Math.ceil((ledger.scrollTop + ledger.clientHeight) / HIGH) + 6);
    for (const [place, element] of drawn) if (place < first || place >= last) { element.remove(); drawn.delete(place); }
    for (let place = first; place < last; place++) {
      if (drawn.has(place)) continue;
      const row = rows[place];
      const cells = headings.map(([, , how]) => page.make("div", { role: "gridcell", class: [how.n ? "n" : "", how.mark ? how.mark(row) : ""].join(" ").trim() || null }, how.text(row)));
      const element = page.make("div", { role: "row", "aria-rowindex": place + 2, "aria-selected": row === chosen, style: `top:${place * HIGH}px;${template}`, on: { click: () => choose(row, true) } }, ...cells);
      drawn.set(place, element);
      body.append(element);
    }
  };
  const redraw = () => {
    drawn.forEach((element) => element.remove());
    drawn.clear();
    body.style.height = `${rows.length * HIGH}px`;
    ledger.setAttribute("aria-rowcount", rows.length + 1);
    draw();
  };
  const arrange = () => {
    const key = headings[sorted.place][2].sort, up = sorted.up ? 1 : -1;
    if (!key) rows.sort((one, other) => (one - other) * up);
    else rows.sort((one, other) => {
      const a = key[one], b = key[other];
      if (a === b || (a !== a && b !== b)) return one - other;
      if (a !== a) return 1;
      if (b !== b) return -1;
      return (a < b ? -1 : 1) * up;
    });
    buttons.forEach((button, place) => {
      const here = place === sorted.place;
      if (here) button.setAttribute("aria-sort", sorted.up ? "ascending" : "descending"); else button.removeAttribute("aria-sort");
      button.firstChild.textContent = headings[place][0] + (here ? (sorted.up ? " ▲" : " ▼") : "");
    });
  };
  const sortBy = (place) => {
    sorted = { place, up: sorted.place === place ? !sorted.up : !headings[place][2].n };
    arrange();
    ledger.scrollTop = 0;
    redraw();
  };
  const choose = (row, show) => {
    chosen = row;
    for (const [place, element] of drawn) element.setAttribute("aria-selected", rows[place] === row);
    if (show && page.showTrade) page.showTrade(row, true);
  };
  page.chooseTrade = (row) => choose(row, false);
  page.chosenRows = () => rows;

  const form = document.getElementById("filters");
  const field = (name, input) => page.make("label", {}, name, input);
  const list = (name, options) => page.make("select", { name }, ...options.map(([value, text]) => page.make("option", { value }, text)));
  const known = (name, all) => list(name, [["", all], ...trades.words[name].map((text, place) => [place, text || "none"])]);
  const fields = [
    several("symbol") && field("Instrument", known("symbol", "All")),
    several("strategy") && field("Strategy", known("strategy", "All")),
    several("side") && field("Side", known("side", "Both")),
    several("reason") && field("Why it ended", known("reason", "All")),
    field("Result", list("result", [["", "All"], ["won", "Won"], ["lost", "Lost"], ["inside", "Decided in one bar"]])),
    field("Opened from", page.make("input", { type: "date", name: "from" })),
    field("to", page.make("input", { type: "date", name: "to" })),
    trades.r && field("R at least", page.make("input", { type: "number", name: "least", step: "0.1" })),
    trades.r && field("R at most", page.make("input", { type: "number", name: "most", step: "0.1" })),
  ].filter(Boolean);
  const save = page.make("button", { type: "button", title: "Save the chosen trades as a CSV file", on: { click: () => download() } }, "CSV");
  form.append(...fields, page.make("button", { type: "reset" }, "Reset"), save);
  const filter = () => {
    const asked = Object.fromEntries(new FormData(form));
    const tests = [];
    for (const name of ["symbol", "strategy", "side", "reason"]) if (asked[name]) { const wanted = Number(asked[name]), column = trades[name]; tests.push((row) => column[row] === wanted); }
    if (asked.result === "won") tests.push((row) => trades.net[row] > 0);
    if (asked.result === "lost") tests.push((row) => trades.net[row] < 0);
    if (asked.result === "inside") tests.push((row) => trades.ambiguous[row] > 0);
    if (asked.from) { const from = Date.parse(asked.from + "T00:00Z") / 1000 - page.offset(Date.parse(asked.from + "T12:00Z") / 1000); tests.push((row) => trades.opened[row] >= from); }
    if (asked.to) { const to = Date.parse(asked.to + "T00:00Z") / 1000 + 86400 - page.offset(Date.parse(asked.to + "T12:00Z") / 1000); tests.push((row) => trades.opened[row] < to); }
    if (asked.least) tests.push((row) => trades.r[row] >= Number(asked.least));
    if (asked.most) tests.push((row) => trades.r[row] <= Number(asked.most));
    rows = new Uint32Array(trades.count).map((_, row) => row).filter((row) => tests.every((test) => test(row)));
    arrange();
    ledger.scrollTop = 0;
    redraw();
    tell();
  };
  const tell = () => {
    let net = 0, won = 0, sum = 0, squares = 0, rated = 0;
    for (const row of rows) {
      net += trades.net[row];
      won += trades.net[row] > 0;
      const r = trades.r ? trades.r[row] : NaN;
      if (Number.isFinite(r)) { rated++; sum += r; squares += r * r; }
    }
    const mean = sum / rated, error = Math.sqrt(Math.max(squares - rated * mean * mean, 0) / (rated - 1) / rated);
    const all = rows.length === trades.count;
    document.getElementById("chosen").textContent = `${rows.length.toLocaleString("en-US")}${all ? "" : ` of ${trades.count.toLocaleString("en-US")}`} trades` +
      (rows.length ? `, net ${page.signed(net, cash)} ${unit}, ${((won / rows.length) * 100).toFixed(1)} % won` : "") +
      (rated ? `, mean R ${page.signed(mean, 2)}${rated > 1 ? ` ± ${error.toFixed(2)}` : ""}` : "") +
      (all ? "." : ". A choice made after looking is no evidence.");
  };
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  const download = () => {
    const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : /^[=@]/.test(text) ? `'${text}` : text);
    const lines = [headings.map(([name]) => quoted(name)).join(",")];
    for (const row of rows) lines.push(headings.map(([, , how]) => quoted(how.text(row).replace(how.n ? /,/g : /$^/, ""))).join(","));
    const link = page.make("a", { href: URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" })), download: "trades.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  ledger.addEventListener("scroll", draw, { passive: true });
  ledger.addEventListener("keydown", (event) => {
    if (event.target !== ledger) return;
    const leap = Math.max(1, Math.floor(ledger.clientHeight / HIGH) - 2);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: leap, PageUp: -leap, Home: -1e9, End: 1e9 }[event.key];
    if (event.key === "Enter" && chosen >= 0 && page.showTrade) page.showTrade(chosen, true);
    if (!step || !rows.length) return;
    event.preventDefault();
    const now = rows.indexOf(chosen);
    const place = Math.max(0, Math.min(rows.length - 1, now < 0 ? 0 : now + step));
    const top = place * HIGH, room = ledger.clientHeight - head.offsetHeight - HIGH;
    if (top < ledger.scrollTop) ledger.scrollTop = top;
    else if (top > ledger.scrollTop + room) ledger.scrollTop = top - room;
    choose(rows[place], false);
    draw();
  });
  new ResizeObserver(draw).observe(ledger);
  page.watchers.push(redraw);
  arrange();
  redraw();
  tell();
  document.documentElement.dataset.trades = "ready";
})();
