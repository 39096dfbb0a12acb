// The chart: candles by Lightweight Charts, everything else drawn into its canvas by us. Older candles are fetched when
// one comes near them; prices come by the stream, and every second it is asked what the stream did not tell.
(() => {
  const CSS = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const TINTS = { Asia: "asia", London: "london", "New York morning": "newyork", "New York afternoon": "late" };
  const CHUNK = 5000, MOST = 50000;
  const ZONE = "America/New_York";
  const $ = (id) => document.getElementById(id);

  async function get(path, query) {
    const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value != null));
    const answer = await fetch(`/api/v1/${path}?${asked}`);
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${told.detail} ${told.hint ?? ""}`);
    return told;
  }

  function start(box) {
    const wanted = { on: box.dataset.on, timeframe: Number(box.dataset.timeframe), run: box.dataset.run, account: box.dataset.account };
    const shownParts = { sessions: true, levels: true, orders: true, trades: true, gates: true };
    const bars = [];
    let digits = 2, older = true, loading = false, scenery = { sessions: [], levels: [] }, marks = { trades: [], orders: [], gates: [] };
    let gateAt = new Map();
    const chart = LightweightCharts.createChart(box, {
      autoSize: true,
      layout: { fontFamily: "Roboto, system-ui, sans-serif", attributionLogo: false },
      rightPriceScale: { scaleMargins: { top: 0.12, bottom: 0.08 } },
      timeScale: { timeVisible: true, secondsVisible: false, minBarSpacing: 0.3, rightOffset: 6 },
      crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
      localization: { locale: "en-GB", timeFormatter: (second) => moment(second, true) },
    });
    const series = chart.addSeries(LightweightCharts.CandlestickSeries, { priceLineVisible: true, lastValueVisible: true });

    // New York's wall clock is what sessions are about; the time axis shows it.
    const wall = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", day: "2-digit", month: "short", year: "numeric", weekday: "short", hourCycle: "h23" });
    function moment(second, whole) {
      const parts = Object.fromEntries(wall.formatToParts(second * 1000).map((one) => [one.type, one.value]));
      return whole ? `${parts.weekday} ${parts.day} ${parts.month} ${parts.year} ${parts.hour}:${parts.minute} New York` : `${parts.hour}:${parts.minute}`;
    }
    chart.applyOptions({
      timeScale: {
        tickMarkFormatter: (second, type) => {
          const parts = Object.fromEntries(wall.formatToParts(second * 1000).map((one) => [one.type, one.value]));
          return type === 0 ? parts.year : type === 1 ? parts.month : type === 2 ? `${parts.day} ${parts.month}` : `${parts.hour}:${parts.minute}`;
        },
      },
    });

    function colours() {
      const soft = CSS("soft"), grid = CSS("grid"), line = CSS("line"), gain = CSS("gain"), loss = CSS("loss"), card = CSS("card");
      chart.applyOptions({
        layout: { background: { color: card }, textColor: soft },
        grid: { vertLines: { color: grid }, horzLines: { color: grid } },
        rightPriceScale: { borderColor: line }, timeScale: { borderColor: line },
      });
      // Rising candles are hollow, falling ones full: the colour only repeats it.
      series.applyOptions({ upColor: card, downColor: loss, borderUpColor: gain, borderDownColor: loss, wickUpColor: gain, wickDownColor: loss });
    }

    // places ------------------------------------------------------------------------------------------------------
    function after(second) {
      let low = 0, high = bars.length;
      while (low < high) { const middle = (low + high) >> 1; if (bars[middle].time < second) low = middle + 1; else high = middle; }
      return low;
    }
    const scale = chart.timeScale();
    const at = (place) => scale.logicalToCoordinate(place);
    function placeOf(second) {
      const next = after(second);
      return bars[next]?.time === second ? next : Math.max(0, next - 1);
    }
    function inSight() {
      const range = scale.getVisibleLogicalRange() ?? { from: 0, to: 0 };
      const clamp = (place) => Math.max(0, Math.min(bars.length - 1, Math.round(place)));
      return { from: range.from, to: range.to, begin: bars[clamp(range.from)]?.time ?? 0, end: (bars[clamp(range.to)]?.time ?? 0) + wanted.timeframe };
    }

    // drawing -----------------------------------------------------------------------------------------------------
    function behind({ context, bitmapSize, horizontalPixelRatio: across, verticalPixelRatio: down }) {
      if (!bars.length || wanted.timeframe > 3600) return;
      const { from, to, begin, end } = inSight();
      if (to - from > 4000) return;
      const half = (at(1) - at(0)) * across / 2;
      context.font = `${11 * down}px Roboto, system-ui, sans-serif`;
      if (shownParts.sessions) for (const one of scenery.sessions) {
        if (one.closes < begin || one.opens > end) continue;
        const first = after(one.opens), last = after(one.closes);
        if (first >= last) continue;
        const left = at(first) * across - half, right = at(last - 1) * across + half;
        if (one.name === "Trading date") {
          context.fillStyle = CSS("line");
          context.fillRect(Math.round(left), 0, Math.max(1, across), bitmapSize.height);
          continue;
        }
        context.fillStyle = CSS(TINTS[one.name] ?? "late");
        context.fillRect(left, 0, right - left, bitmapSize.height);
        if (Math.min(right, bitmapSize.width) - Math.max(left, 0) > (one.name.length * 6.4 + 12) * across) {
          context.fillStyle = CSS("soft");
          context.fillText(one.name, Math.max(left, 0) + 5 * across, bitmapSize.height - 18 * down);
        }
      }
      if (shownParts.levels) for (const one of scenery.levels) {
        if (one.to < begin || one.from > end) continue;
        const first = after(one.from), last = after(one.to);
        if (first >= last) continue;
        const left = at(first) * across - half, right = at(last - 1) * across + half;
        const y = (price) => series.priceToCoordinate(price) * down;
        if (one.name === "Opening range") {
          const formed = at(Math.max(first, after(one.formed) - 1)) * across + half;
          context.save();
          context.fillStyle = CSS("accent"); context.globalAlpha = 0.16;
          context.fillRect(left, y(one.high), formed - left, y(one.low) - y(one.high));
          context.globalAlpha = 0.9; context.strokeStyle = CSS("accent"); context.lineWidth = across;
          for (const price of [one.high, one.low]) { context.beginPath(); context.moveTo(left, y(price)); context.lineTo(right, y(price)); context.stroke(); }
          context.fillStyle = CSS("accent"); context.globalAlpha = 1;
          if (right - left > 90 * across) context.fillText("opening range", left + 4 * across, y(one.high) - 5 * down);
          context.restore();
          continue;
        }
        context.save();
        context.strokeStyle = CSS("soft"); context.lineWidth = across; context.setLineDash([2 * across, 4 * across]);
        context.beginPath(); context.moveTo(left, y(one.price)); context.lineTo(right, y(one.price)); context.stroke();
        context.restore();
        if (right - left > 130 * across) {
          context.fillStyle = CSS("soft");
          context.fillText(one.name.toLowerCase(), left + 4 * across, y(one.price) - 4 * down);
        }
      }
    }

    function before({ context, horizontalPixelRatio: across, verticalPixelRatio: down }) {
      if (!bars.length || wanted.timeframe > 14400) return;
      const { begin, end } = inSight();
      const gain = CSS("gain"), loss = CSS("loss"), warn = CSS("warn"), ink = CSS("ink"), paper = CSS("card");
      const y = (price) => series.priceToCoordinate(price);
      context.save();
      context.font = `${11 * down}px Roboto, system-ui, sans-serif`;
      if (shownParts.orders) for (const one of marks.orders) {
        const until = one.ended ?? end;
        if (one.price == null || until < begin || one.given > end || y(one.price) == null) continue;
        const left = at(placeOf(one.given)) * across, right = Math.max(at(placeOf(until)) * across, left + 8 * across), level = y(one.price) * down;
        context.strokeStyle = one.status === "refused" || one.status === "rejected" ? loss : warn;
        context.lineWidth = 1.4 * across; context.setLineDash([6 * across, 3 * across]);
        context.beginPath(); context.moveTo(left, level); context.lineTo(right, level); context.stroke(); context.setLineDash([]);
        context.fillStyle = context.strokeStyle;
        if (one.status === "refused" || one.status === "rejected") context.fillText("✕", left - 4 * across, level + 4 * down);
      }
      if (shownParts.trades) for (const one of marks.trades) {
        const closed = one.closed ?? end;
        if (closed < begin || one.opened > end || y(one.entry) == null) continue;
        const out = one.exit ?? bars[bars.length - 1].close, won = (one.net ?? 0) > 0;
        const x1 = at(placeOf(one.opened)) * across, x2 = Math.max(at(placeOf(closed)) * across, x1 + 3 * across);
        const y1 = y(one.entry) * down, y2 = (y(out) ?? y(one.entry)) * down, size = 6 * across, way = one.side === "long" || one.side === "buy" ? -1 : 1;
        for (const [levels, tint, name] of [[one.stops, loss, "stop"], [one.targets, gain, "target"]]) for (const price of levels ?? []) {
          const level = (y(price) ?? -1) * down;
          if (level < 0) continue;
          context.strokeStyle = tint; context.fillStyle = tint; context.lineWidth = 1.5 * across;
          context.beginPath(); context.moveTo(x1, level); context.lineTo(x2 + 40 * across, level); context.stroke();
          context.fillText(`${name} ${plain(price)}`, x1 + 6 * across, level - 4 * down);
        }
        context.strokeStyle = won ? gain : loss; context.lineWidth = 1.6 * across; context.setLineDash([4 * across, 3 * across]);
        context.beginPath(); context.moveTo(x1, y1); context.lineTo(x2, y2); context.stroke(); context.setLineDash([]);
        context.fillStyle = ink; context.strokeStyle = paper; context.lineWidth = 2 * across;
        context.beginPath(); context.moveTo(x1, y1 + way * size); context.lineTo(x1 - size, y1 - way * size * 0.8); context.lineTo(x1 + size, y1 - way * size * 0.8); context.closePath(); context.stroke(); context.fill();
        if (one.exit != null) {
          context.fillStyle = won ? gain : loss;
          context.fillRect(x2 - size * 0.7, y2 - size * 0.7, size * 1.4, size * 1.4);
          context.fillStyle = ink;
          if (one.net != null) context.fillText(`${won ? "▲ +" : "▼ −"}${Math.abs(one.net).toLocaleString("en", { maximumFractionDigits: 0 })}`, x2 + 8 * across, y2 + 4 * down);
        }
      }
      if (shownParts.gates && wanted.timeframe <= 3600) {
        const bottom = context.canvas.height - 5 * down;
        for (const one of marks.gates) {
          if (one.ts < begin || one.ts > end) continue;
          const x = at(placeOf(one.ts)) * across;
          context.fillStyle = one.failed.length ? CSS("soft") : gain;
          if (one.failed.length) context.fillRect(x - across, bottom - 3 * down, 2 * across, 3 * down);
          else context.fillRect(x - 2 * across, bottom - 9 * down, 4 * across, 9 * down);
        }
      }
      context.restore();
    }
    const view = (order, act) => ({ zOrder: () => order, renderer: () => ({ draw: (target) => target.useBitmapCoordinateSpace(act) }) });
    const views = [view("bottom", behind), view("top", before)];
    let refresh = () => {};
    series.attachPrimitive({ paneViews: () => views, attached: ({ requestUpdate }) => (refresh = requestUpdate) });

    // data --------------------------------------------------------------------------------------------------------
    function rowsOf({ ts, open, high, low, close }) {
      return ts.map((time, n) => ({ time, open: open[n], high: high[n], low: low[n], close: close[n] }));
    }
    function say(text) { $("chart-said").textContent = text; }

    async function load(fresh) {
      if (loading) return;
      loading = true;
      const mine = { ...wanted };
      try {
        const told = await get("candles", { on: mine.on, timeframe: mine.timeframe, most: fresh ? Number(box.dataset.most || CHUNK) : CHUNK, before: fresh ? box.dataset.upto : bars[0].time, account: wanted.run ? "" : mine.account });
        const rows = rowsOf(told.columns), range = scale.getVisibleLogicalRange();
        if (fresh) bars.length = 0;
        bars.unshift(...rows);
        older = told.older && bars.length < MOST;
        digits = told.digits;
        series.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
        chart.applyOptions({ timeScale: { timeVisible: mine.timeframe < 86400 } });
        series.setData(bars);
        say(`${told.symbol}, ${told.feed} ${told.side}, made of ${told.made_of}; ${bars.length.toLocaleString("en")} candles${older ? "" : ", all there are"}`);
        const newest = () => scale.setVisibleLogicalRange({ from: bars.length - wide(), to: bars.length + 4 });
        if (fresh) { newest(); await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame); newest(); }
        else if (range) scale.setVisibleLogicalRange({ from: range.from + rows.length, to: range.to + rows.length });
        await around(rows, fresh);
        legend(bars[bars.length - 1]);
      } catch (error) {
        say(error.message);
        if (fresh) { bars.length = 0; series.setData([]); }
      }
      loading = false;
      box.dataset.ready = "yes";
      document.documentElement.dataset.bars = bars.length;
    }

    async function around(rows, fresh) {
      if (!rows.length) return;
      const span = { on: wanted.on, start: rows[0].time, end: rows[rows.length - 1].time + wanted.timeframe };
      const none = { sessions: [], levels: [] };
      const whose = wanted.run ? { run: wanted.run } : wanted.account ? { account: wanted.account } : null;
      const [around, mine] = await Promise.all([
        wanted.timeframe > 3600 ? none : get("candles/scenery", span).catch(() => none),
        whose ? get("candles/marks", { ...span, ...whose }).catch((error) => (window.tradewind.toast(error.message, "bad"), { trades: [], orders: [], gates: [] })) : { trades: [], orders: [], gates: [] },
      ]);
      if (fresh) { scenery = around; marks = mine; }
      else {
        // The date, and the trade, across two chunks comes with both.
        const key = (one) => [one.name, one.opens, one.from, one.strategy, one.opened, one.given, one.ts].join();
        const added = (more, known) => { const there = new Set(known.map(key)); known.unshift(...more.filter((one) => !there.has(key(one)))); };
        for (const name of ["sessions", "levels"]) added(around[name], scenery[name]);
        for (const name of ["trades", "orders", "gates"]) added(mine[name], marks[name]);
      }
      gateAt = new Map(marks.gates.map((one) => [bars[placeOf(one.ts)]?.time, one]));
      if (fresh && wanted.run && marks.trades.length && !box.dataset.upto) {
        const last = marks.trades[marks.trades.length - 1], place = placeOf(last.opened);
        scale.setVisibleLogicalRange({ from: place - wide() * 0.6, to: place + wide() * 0.4 });
      }
      refresh();
    }

    const wide = () => Math.max(50, Math.min(220, Math.round(box.clientWidth / 7)));

    function fold(price) {
      // What is quoted now belongs to a candle that is not stored yet.
      const last = bars[bars.length - 1], time = wanted.timeframe < 86400 ? price.ts - price.ts % wanted.timeframe : last.time;
      if (time < last.time) return;
      const row = time === last.time ? { ...last, close: price.bid, high: Math.max(last.high, price.bid), low: Math.min(last.low, price.bid) } : { time, open: price.bid, high: price.bid, low: price.bid, close: price.bid };
      if (time === last.time) bars[bars.length - 1] = row; else bars.push(row);
      series.update(row);
    }

    let ticks = 0;
    async function newMarks() {
      if (wanted.run || !wanted.account || ++ticks % 3) return;
      const start = bars[Math.max(0, bars.length - 400)].time;
      const told = await get("candles/marks", { on: wanted.on, account: wanted.account, start, end: bars[bars.length - 1].time + wanted.timeframe });
      const when = { trades: "opened", orders: "given", gates: "ts" };
      for (const [name, moment] of Object.entries(when)) marks[name] = [...marks[name].filter((one) => one[moment] < start && one.closed !== null), ...told[name].filter((one) => one[moment] >= start)];
      for (const one of marks.gates) gateAt.set(bars[placeOf(one.ts)]?.time, one);
      refresh();
    }

    let stream = null, notBefore = 0;
    async function listen() {
      if (stream || wanted.run || !wanted.account || document.hidden || Date.now() < notBefore) return;
      notBefore = Date.now() + 5000;
      const answer = await fetch("/api/v1/stream/tickets", { method: "POST", headers: { "X-Tradewind-CSRF": "1" } });
      if (!answer.ok) return;
      const { ticket } = await answer.json();
      stream = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/api/v1/stream?ticket=${ticket}`);
      stream.onopen = () => stream.send(JSON.stringify({ do: "subscribe", topics: ["quotes"], accounts: [wanted.account] }));
      stream.onclose = () => { stream = null; };
      stream.onmessage = (event) => {
        const { type, latest } = JSON.parse(event.data);
        if (type !== "quotes" || latest.symbol !== wanted.on || loading || !bars.length || box.dataset.upto) return;
        fold({ ts: Math.floor(latest.ts / 1e9), bid: latest.bid });
        document.documentElement.dataset.streamed = latest.ts;
      };
    }

    async function ahead() {
      listen().catch(() => {});
      if (document.hidden || loading || !bars.length || box.dataset.upto) return;
      try {
        const told = await get("candles", { on: wanted.on, timeframe: wanted.timeframe, most: 3, account: wanted.run ? "" : wanted.account });
        for (const row of rowsOf(told.columns)) {
          const last = bars[bars.length - 1];
          if (row.time < last.time || (row.time === last.time && row.close === last.close && row.high === last.high && row.low === last.low)) continue;
          if (row.time === last.time) bars[bars.length - 1] = row;
          else bars.push(row);
          series.update(row);
        }
        if (told.price) fold(told.price);
        await newMarks();
      } catch { /* the next second asks again */ }
    }

    // reading -----------------------------------------------------------------------------------------------------
    const plain = (value) => value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    function legend(row) {
      const box = $("chart-legend");
      if (!row) return void (box.textContent = "");
      const change = row.close - row.open, part = document.createElement("span");
      part.className = change > 0 ? "up" : change < 0 ? "down" : "flat";
      part.textContent = `${change > 0 ? "▲ +" : change < 0 ? "▼ −" : ""}${plain(Math.abs(change))}`;
      box.replaceChildren(...[["O", row.open], ["H", row.high], ["L", row.low], ["C", row.close]].map(([name, value]) => {
        const one = document.createElement("span"), soft = document.createElement("i");
        soft.className = "soft"; soft.textContent = name + " "; soft.style.fontStyle = "normal";
        one.append(soft, plain(value));
        return one;
      }), part);
    }
    function line(name, value, kind) {
      const one = document.createElement("div"), left = document.createElement("span"), right = document.createElement("span");
      one.className = "line"; left.textContent = name; right.textContent = value; if (kind) right.className = kind;
      one.append(left, right);
      return one;
    }
    function hover(event) {
      const told = $("chart-hover"), row = event.time != null ? event.seriesData.get(series) : null;
      legend(row ?? bars[bars.length - 1]);
      if (!row || !event.point) return void (told.hidden = true);
      const lines = [], next = event.time + wanted.timeframe, gate = gateAt.get(event.time);
      for (const one of marks.trades) {
        if (one.closed == null && event.time >= bars[bars.length - 1].time) lines.push(line(`open: ${one.side} ${one.lots} from ${plain(one.entry)}`, `${one.net > 0 ? "▲ +" : "▼ −"}${Math.abs(one.net).toFixed(2)}`, one.net > 0 ? "up" : "down"));
        if (one.opened >= event.time && one.opened < next) lines.push(line(`${one.strategy} ${one.side} ${one.lots} in at`, plain(one.entry)));
        if (one.closed != null && one.closed >= event.time && one.closed < next) lines.push(line(`out at ${plain(one.exit)}, ${one.reason}`, `${one.net > 0 ? "▲ +" : "▼ −"}${Math.abs(one.net).toFixed(2)}  ${one.r == null ? "" : one.r.toFixed(2) + " R"}`, one.net > 0 ? "up" : "down"));
      }
      for (const one of marks.orders) if (one.given >= event.time && one.given < next) lines.push(line(`${one.side} ${one.type} ${one.lots} at ${plain(one.price)}`, `${one.status}${one.why ? ", " + one.why : ""}`));
      if (gate) {
        lines.push(line("gates passed", `${gate.passed} of ${gate.passed + gate.failed.length}`, gate.failed.length ? "" : "up"));
        const bound = (value, low, high) => low != null && value < low ? `≥ ${low}` : high != null ? `≤ ${high}` : "";
        for (const [name, value, low, high] of gate.failed.slice(0, 6)) lines.push(line(`✕ ${name}`, value == null ? "no number" : `${Number(value.toPrecision(6))}, needs ${bound(value, low == null ? null : Number(low.toPrecision(6)), high == null ? null : Number(high.toPrecision(6)))}`, "soft"));
      }
      told.hidden = !lines.length;
      if (!lines.length) return;
      const head = document.createElement("b");
      head.textContent = moment(event.time, true);
      told.replaceChildren(head, ...lines);
      const left = event.point.x + 18 + 300 > box.clientWidth ? event.point.x - told.offsetWidth - 18 : event.point.x + 18;
      told.style.left = `${Math.max(4, left)}px`;
      told.style.top = `${Math.max(30, Math.min(event.point.y, box.clientHeight - told.offsetHeight - 30))}px`;
    }
    chart.subscribeCrosshairMove(hover);
    scale.subscribeVisibleLogicalRangeChange((range) => range && range.from < 300 && older && !loading && bars.length && load(false));

    box.tabIndex = 0;
    box.addEventListener("keydown", (event) => {
      const range = scale.getVisibleLogicalRange();
      if (!range) return;
      const width = range.to - range.from, step = Math.max(1, width / 10);
      const moves = { ArrowLeft: [-step, -step], ArrowRight: [step, step], "+": [step, -step], "=": [step, -step], "-": [-step, step], PageUp: [-width, -width], PageDown: [width, width] }[event.key];
      if (!moves) return;
      scale.setVisibleLogicalRange({ from: range.from + moves[0], to: range.to + moves[1] });
      event.preventDefault();
    });

    // the tools ---------------------------------------------------------------------------------------------------
    function remember() {
      const query = new URLSearchParams(Object.entries({ on: wanted.on, timeframe: wanted.timeframe, run: wanted.run }).filter(([, value]) => value));
      history.replaceState(null, "", `/chart?${query}`);
      document.querySelectorAll("[data-timeframe-choice]").forEach((one) => one.setAttribute("aria-pressed", String(Number(one.dataset.timeframeChoice) === wanted.timeframe)));
    }
    document.addEventListener("click", (event) => {
      const frame = event.target.closest("[data-timeframe-choice]"), part = event.target.closest("[data-part]");
      if (frame) { wanted.timeframe = Number(frame.dataset.timeframeChoice); remember(); load(true); }
      if (part) { shownParts[part.dataset.part] = !shownParts[part.dataset.part]; part.setAttribute("aria-pressed", String(shownParts[part.dataset.part])); refresh(); }
      if (event.target.closest("[data-newest]")) { delete box.dataset.upto; $("chart-day").value = ""; load(true); }
    });
    document.addEventListener("change", (event) => {
      if (event.target.id === "chart-symbol") { wanted.on = event.target.value; remember(); load(true); }
      if (event.target.id === "chart-run") { wanted.run = event.target.value; remember(); load(true); }
      if (event.target.id === "chart-day" && event.target.value) { box.dataset.upto = Date.parse(`${event.target.value}T22:00Z`) / 1000; load(true); }
    });
    document.addEventListener("tradewind:theme", () => { colours(); refresh(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours(); refresh(); });
    setInterval(ahead, 1000);
    colours();
    remember();
    load(true);
    window.tradewind.chart = { chart, scale, bars };
  }

  document.addEventListener("tradewind:drawn", () => {
    const box = $("chart-canvas");
    if (box && !box.dataset.begun && window.LightweightCharts) { box.dataset.begun = "yes"; start(box); }
  });
})();
