"use strict";
/* Candles with sessions behind them and trades before them. The library draws bars and axes; the rest is drawn by ours. */
(() => {
  const offsets = new Map();
  page.offset = (second) => {
    if (page.zone === "UTC") return 0;
    const day = Math.floor(second / 86400), key = page.zone + day;
    if (!offsets.has(key)) {
      const noon = day * 86400 + 43200;
      offsets.set(key, Date.parse(page.moment(noon, "dts").replace(" ", "T") + "Z") / 1000 - noon);
    }
    return offsets.get(key);
  };
})();

(async () => {
  const holder = document.getElementById("chart");
  const ready = () => { document.documentElement.dataset.ready = "yes"; };
  const trades = await page.trades;
  if (!holder) return ready();
  const charts = page.data.charts, symbols = Object.keys(charts).filter((symbol) => charts[symbol].series.length);
  if (!symbols.length) return ready();
  const names = { 86400: "D1", 3600: "H1", 1800: "M30", 900: "M15", 600: "M10", 300: "M5", 120: "M2", 60: "M1" };
  const tints = { "Asia": "asia", "London": "london", "New York morning": "newyork", "New York afternoon": "late" };
  let symbol = symbols[0], seconds = 0, bars = null, chosen = -1, sessions = null, mine = [];

  /* What is loaded is kept: a series is unpacked when it is first looked at. */
  const loaded = new Map();
  const load = async (name, size) => {
    const key = name + size;
    if (!loaded.has(key)) loaded.set(key, (async () => {
      const one = charts[name].series.find((each) => each.seconds === size), scale = 10 ** charts[name].digits;
      const { ts, open, high, low, close } = await page.columns(one.columns);
      let before = one.start;
      const rows = new Array(ts.length);
      for (let place = 0; place < ts.length; place++) {
        const opens = before + open[place], closes = opens + close[place];
        rows[place] = { time: 0, open: opens / scale, high: (Math.max(opens, closes) + high[place]) / scale, low: (Math.min(opens, closes) - low[place]) / scale, close: closes / scale };
        before = closes;
      }
      return { ts, rows };
    })());
    return loaded.get(key);
  };
  const loadSessions = async (name) => {
    const key = name + " sessions";
    if (!loaded.has(key)) loaded.set(key, (async () => {
      const { names: known, which, opens, closes } = charts[name].sessions;
      const columns = await page.columns({ which, opens, closes });
      return { known, ...columns };
    })());
    return loaded.get(key);
  };
  const after = (column, moment) => {
    let low = 0, high = column.length;
    while (low < high) { const middle = (low + high) >> 1; if (column[middle] < moment) low = middle + 1; else high = middle; }
    return low;
  };
  const placeOf = (moment) => {
    const next = after(bars.ts, moment);
    if (next < bars.ts.length && bars.ts[next] === moment) return next;
    return moment < bars.ts[Math.max(next - 1, 0)] + seconds ? Math.max(next - 1, 0) : next - 0.5;
  };

  const chart = LightweightCharts.createChart(holder, {
    autoSize: true,
    layout: { fontFamily: "system-ui, sans-serif", attributionLogo: false },
    rightPriceScale: { scaleMargins: { top: 0.1, bottom: 0.08 } },
    timeScale: { timeVisible: true, secondsVisible: false, minBarSpacing: 0.4, rightOffset: 3 },
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    localization: { locale: "en-GB", dateFormat: "yyyy-MM-dd" },
  });
  const series = chart.addSeries(LightweightCharts.CandlestickSeries, { priceLineVisible: false, lastValueVisible: false });
  const colours = () => {
    const [ink, soft, grid, card, gain, loss, line] = ["ink", "soft", "grid", "card", "gain", "loss", "line"].map(page.colour);
    chart.applyOptions({
      layout: { background: { color: card }, textColor: soft }, grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      rightPriceScale: { borderColor: line }, timeScale: { borderColor: line },
    });
    /* Rising candles are hollow, falling ones full: the colour only repeats it. */
    series.applyOptions({ upColor: card, downColor: soft, borderUpColor: soft, borderDownColor: soft, wickUpColor: soft, wickDownColor: soft });
    return { ink, gain, loss };
  };

  const at = (place) => chart.timeScale().logicalToCoordinate(place);
  const inSight = () => chart.timeScale().getVisibleLogicalRange() || { from: 0, to: 0 };
  const momentAt = (place) => bars.ts[Math.max(0, Math.min(bars.ts.length - 1, Math.round(place)))];
  const behind = (scope) => {
    if (!bars || !sessions || seconds > 3600) return;
    const { context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down } = scope;
    const { from, to } = inSight();
    if (to - from > 4000) return;
    const begin = momentAt(from), end = momentAt(to) + seconds;
    context.font = `${11 * down}px system-ui, sans-serif`;
    for (let row = 0; row < sessions.opens.length; row++) {
      if (sessions.closes[row] < begin || sessions.opens[row] > end) continue;
      const first = after(bars.ts, sessions.opens[row]), last = after(bars.ts, sessions.closes[row]);
      if (first >= last) continue;
      const left = at(first) * across - (at(1) - at(0)) * across / 2, right = at(last - 1) * across + (at(1) - at(0)) * across / 2;
      const name = sessions.known[sessions.which[row]];
      if (name === "Trading date") {
        context.fillStyle = page.colour("soft");
        const gap = first > 0 ? bars.ts[first] - bars.ts[first - 1] : 0, weekday = new Date(bars.ts[first] * 1000).getUTCDay();
        const skipped = seconds < 3600 && (gap > 3.5 * 86400 || (gap > 1.2 * 86400 && weekday > 1));
        context.fillRect(Math.round(left), 0, (skipped ? 3 : 1) * Math.max(1, across), bitmapSize.height);
        if (skipped) context.fillText("dates without trades left out", left + 6 * across, bitmapSize.height - 8 * down);
        continue;
      }
      context.fillStyle = page.colour(tints[name] || "late");
      context.fillRect(left, 0, right - left, bitmapSize.height);
      if (Math.min(right, bitmapSize.width) - Math.max(left, 0) > (name.length * 6 + 10) * across) {
        context.fillStyle = page.colour("soft");
        context.fillText(name, Math.max(left, 0) + 5 * across, 14 * down, Math.max(right - left - 8 * across, 1));
      }
    }
  };
  const before = (scope) => {
    if (!bars || seconds > 3600) return;
    const { context, horizontalPixelRatio: across, verticalPixelRatio: down } = scope;
    const { from, to } = inSight();
    const begin = momentAt(from), end = momentAt(to) + seconds;
    const gain = page.colour("gain"), loss = page.colour("loss"), ink = page.colour("ink");
    let left = 400;
    for (const row of mine) {
      if (trades.closed[row] < begin || trades.opened[row] > end || !left--) continue;
      const entry = series.priceToCoordinate(trades.entry[row]), exit = series.priceToCoordinate(trades.exit[row]);
      if (entry === null || exit === null) continue;
      const x1 = at(placeOf(trades.opened[row])) * across, x2 = Math.max(at(placeOf(trades.closed[row])) * across, x1 + 2 * across);
      const y1 = entry * down, y2 = exit * down, colour = trades.net[row] > 0 ? gain : loss, here = row === chosen;
      const stop = trades.stop && Number.isFinite(trades.stop[row]) ? series.priceToCoordinate(trades.stop[row]) : null;
      const target = trades.target && Number.isFinite(trades.target[row]) ? series.priceToCoordinate(trades.target[row]) : null;
      context.save();
      if (here && stop !== null) { context.globalAlpha = 0.16; context.fillStyle = loss; context.fillRect(x1, Math.min(y1, stop * down), x2 - x1, Math.abs(stop * down - y1)); context.globalAlpha = 1; }
      if (here && target !== null) { context.globalAlpha = 0.16; context.fillStyle = gain; context.fillRect(x1, Math.min(y1, target * down), x2 - x1, Math.abs(target * down - y1)); context.globalAlpha = 1; }
      context.lineWidth = (here ? 2 : 1.3) * across;
      context.strokeStyle = colour;
      context.setLineDash([5 * across, 3 * across]);
      context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke();
      context.setLineDash([]);
      for (const [level, tint, label] of [[stop, loss, "stop"], [target, gain, "target"]]) {
        if (level === null) continue;
        const y = level * down;
        context.strokeStyle = tint;
        context.beginPath(); context.moveTo(x1, y - 3 * down); context.lineTo(x1, y + 3 * down); context.moveTo(x1, y); context.lineTo(x2, y); context.stroke();
        if (here) { context.fillStyle = tint; context.font = `${11 * down}px system-ui, sans-serif`; context.fillText(label, x2 + 9 * across, y + 4 * down); }
      }
      const long = trades.word("side", row) === "long" ? -1 : 1, size = (here ? 7 : 5.5) * across;
      context.fillStyle = ink;
      context.beginPath(); context.moveTo(x1, y1 + long * size); context.lineTo(x1 - size * 0.9, y1 - long * size * 0.7); context.lineTo(x1 + size * 0.9, y1 - long * size * 0.7); context.fill();
      context.fillStyle = colour;
      context.fillRect(x2 - size * 0.6, y2 - size * 0.6, size * 1.2, size * 1.2);
      context.restore();
    }
  };
  const view = (order, act) => ({ zOrder: () => order, renderer: () => ({ draw: (target) => target.useBitmapCoordinateSpace(act) }) });
  const views = [view("bottom", behind), view("top", before)];
  let refresh = () => {};
  series.attachPrimitive({
    paneViews: () => views,
    attached: ({ requestUpdate }) => { refresh = requestUpdate; },
    autoscaleInfo: () => {
      if (chosen < 0 || trades.word("symbol", chosen) !== symbol || seconds > 3600) return null;
      const levels = ["entry", "exit", "stop"].filter((name) => trades[name]).map((name) => trades[name][chosen]).filter(Number.isFinite);
      return { priceRange: { minValue: Math.min(...levels), maxValue: Math.max(...levels) } };
    },
  });

  const told = document.getElementById("told");
  const tell = () => { told.textContent = chosen >= 0 && trades.word("symbol", chosen) === symbol ? trades.told(chosen) : ""; };
  const sizes = () => charts[symbol].series.map((each) => each.seconds);
  const finest = () => Math.min(...sizes());
  const display = async (name, size) => {
    if (name === symbol && size === seconds && bars) return;
    const changed = name !== symbol || !sessions;
    symbol = name;
    seconds = size;
    const next = await load(name, size);
    for (let place = 0; place < next.ts.length; place++) next.rows[place].time = next.ts[place] + (size < 86400 ? page.offset(next.ts[place]) : 43200);
    if (changed) {
      sessions = await loadSessions(name);
      mine = [];
      const number = trades.words.symbol ? trades.words.symbol.indexOf(name) : -1;
      for (let row = 0; row < trades.count && trades.entry && trades.exit; row++) if (trades.symbol[row] === number) mine.push(row);
      legend();
    }
    const digits = charts[name].digits;
    series.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
    chart.applyOptions({ timeScale: { timeVisible: size < 86400 } });
    bars = next;
    series.setData(next.rows);
    steer();
    tell();
  };
  const look = (from, to) => chart.timeScale().setVisibleLogicalRange({ from, to });
  const wide = () => Math.max(60, Math.min(200, Math.round(holder.clientWidth / 6)));
  page.showTrade = async (row, scroll) => {
    const name = trades.word("symbol", row);
    if (!charts[name] || !charts[name].series.length) return;
    chosen = row;
    const size = Math.min(...charts[name].series.map((each) => each.seconds));
    await display(name, size);
    const first = placeOf(trades.opened[row]), last = placeOf(trades.closed[row]);
    const room = Math.max(12, (wide() - (last - first)) / 2);
    look(first - room, last + room);
    if (page.chooseTrade) page.chooseTrade(row);
    tell();
    steer();
    if (scroll) document.getElementById("candles").scrollIntoView({ block: "start" });
  };
  page.showMoment = async (moment, name) => {
    const wanted = name && charts[name] ? name : symbol;
    chosen = -1;
    for (const size of [...charts[wanted].series.map((each) => each.seconds)].sort((one, other) => one - other)) {
      await display(wanted, size);
      const place = after(bars.ts, moment);
      const near = Math.min(...[place - 1, place].filter((each) => bars.ts[each] !== undefined).map((each) => Math.abs(bars.ts[each] - moment)));
      if (near > Math.max(4 * 86400, size * 2) && size < 86400) continue;
      look(place - wide() / 2, place + wide() / 2);
      told.textContent = size > finest() ? `${names[size]} candles: finer ones are kept only for dates with trades.` : "";
      break;
    }
    document.getElementById("candles").scrollIntoView({ block: "start" });
  };

  const bar = document.getElementById("steer");
  const button = (text, act, attributes) => page.make("button", { type: "button", ...attributes, on: { click: act } }, text);
  const middle = () => { const { from, to } = inSight(); return (from + to) / 2; };
  const toTrade = (step) => {
    const list = mine;
    if (!list.length) return;
    const now = list.indexOf(chosen);
    const near = now >= 0 ? now + step : Math.max(0, after(list.map((row) => trades.opened[row]), momentAt(middle())) - (step < 0 ? 1 : 0));
    page.showTrade(list[Math.max(0, Math.min(list.length - 1, near))], false);
  };
  const date = page.make("input", { type: "date", "aria-label": "Go to a date", on: { change: () => date.value && page.showMoment(Date.parse(date.value + "T12:00Z") / 1000 - page.offset(Date.parse(date.value + "T12:00Z") / 1000)) } });
  const steer = () => {
    const group = (label, list) => page.make("div", { class: "group", role: "group", "aria-label": label }, ...list);
    const middleMoment = () => momentAt(middle());
    const instruments = symbols.map((name) => button(name, async () => { const when = middleMoment(); chosen = -1; await display(name, Math.min(...charts[name].series.map((each) => each.seconds))); const place = after(bars.ts, when); look(place - wide() / 2, place + wide() / 2); }, { "aria-pressed": String(name === symbol) }));
    const frames = sizes().map((size) => button(names[size], async () => { const when = middleMoment(); await display(symbol, size); const place = after(bars.ts, when); if (size === 86400) chart.timeScale().fitContent(); else look(place - wide() / 2, place + wide() / 2); }, { "aria-pressed": String(size === seconds) }));
    const steps = [button("◀ trade", () => toTrade(-1), { disabled: !mine.length }), button("trade ▶", () => toTrade(1), { disabled: !mine.length })];
    const parts = [symbols.length > 1 ? group("Instrument", instruments) : null, group("Timeframe", frames), group("Trade", steps), date].filter(Boolean);
    const focused = document.activeElement && bar.contains(document.activeElement) ? document.activeElement.textContent : null;
    bar.replaceChildren(...parts);
    if (focused) for (const each of bar.querySelectorAll("button")) if (each.textContent === focused) each.focus();
  };
  const legend = () => {
    const shown = Object.keys(tints).filter((name) => sessions.known.includes(name));
    const keys = shown.map((name) => page.make("span", {}, page.make("i", { style: `background:var(--${tints[name]})` }), name));
    document.getElementById("sessions").replaceChildren(...keys, page.make("span", {}, "▲ long entry, ▼ short entry, ■ exit; dashed line the trade, full line its first stop; hollow candles rise. Times: the zone chosen above."));
  };
  holder.addEventListener("keydown", (event) => {
    const { from, to } = inSight(), step = Math.max(1, (to - from) / 10);
    const moves = { ArrowLeft: [-step, -step], ArrowRight: [step, step], "+": [step, -step], "=": [step, -step], "-": [-step, step], PageUp: [from - to, from - to], PageDown: [to - from, to - from] }[event.key];
    if (moves) { look(from + moves[0], to + moves[1]); event.preventDefault(); }
    if (event.key === "n" || event.key === "p") toTrade(event.key === "n" ? 1 : -1);
  });
  chart.subscribeClick(({ point }) => {
    if (!point || seconds > 3600) return;
    let best = -1, least = 18;
    for (const row of mine) {
      for (const [moment, price] of [[trades.opened[row], trades.entry[row]], [trades.closed[row], trades.exit[row]]]) {
        const distance = Math.hypot(at(placeOf(moment)) - point.x, series.priceToCoordinate(price) - point.y);
        if (distance < least) { least = distance; best = row; }
      }
    }
    if (best >= 0) { chosen = best; if (page.chooseTrade) page.chooseTrade(best); tell(); refresh(); }
  });
  document.querySelectorAll("a[data-at]").forEach((link) => link.addEventListener("click", (event) => { event.preventDefault(); page.showMoment(Number(link.dataset.at), link.dataset.symbol); }));
  page.watchers.push(async () => {
    colours();
    const { from, to } = inSight(), size = seconds;
    seconds = 0;
    await display(symbol, size);
    look(from, to);
  });
  /* Paper shows the candles as they stood, in light colours. */
  let picture = null;
  addEventListener("beforeprint", () => {
    const root = document.documentElement, theme = root.dataset.theme;
    root.dataset.theme = "light";
    colours();
    picture = page.make("img", { alt: "Candles as they stood on the screen", src: chart.takeScreenshot(true, false).toDataURL() });
    holder.append(picture);
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  });
  addEventListener("afterprint", () => { if (picture) picture.remove(); colours(); });

  colours();
  const first = trades.count && trades.entry ? trades.count - 1 : -1;
  if (first >= 0 && symbols.includes(trades.word("symbol", first))) await page.showTrade(first, false);
  else { await display(symbol, Math.max(...sizes().filter((size) => size <= 3600), 0) || finest()); look(bars.ts.length - wide(), bars.ts.length); }
  ready();
})();
