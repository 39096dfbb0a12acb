"use strict";
/* What every part of the page needs: columns unpacked, numbers and moments written, the light switch, the curve's reading. */
const page = { data: JSON.parse(document.getElementById("data").textContent), zone: "UTC", watchers: [] };

page.make = (name, attributes, ...inside) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
};

page.unpack = async (column, count) => {
  const raw = atob(column.data);
  const bytes = new Uint8Array(raw.length);
  for (let place = 0; place < raw.length; place++) bytes[place] = raw.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const { width, delta, scale, unit, start } = column;
  const length = count === undefined ? planes.length / width : count;
  const values = new Float64Array(length);
  const none = -(2 ** (8 * width - 1));
  let sum = start;
  for (let row = 0; row < length; row++) {
    let whole = 0;
    for (let plane = width - 1; plane >= 0; plane--) {
      const byte = planes[plane * length + row];
      whole = whole * 256 + (plane === width - 1 ? (byte << 24) >> 24 : byte);
    }
    if (whole === none) values[row] = NaN;
    else if (delta) values[row] = (sum += whole * unit) / scale;
    else values[row] = (start + whole * unit) / scale;
  }
  return values;
};

page.columns = async (packed) => {
  const names = Object.keys(packed);
  const all = await Promise.all(names.map((name) => page.unpack(packed[name])));
  return Object.fromEntries(names.map((name, place) => [name, all[place]]));
};

const forms = new Map();
page.moment = (second, parts) => {
  const key = page.zone + parts;
  if (!forms.has(key)) {
    const options = { timeZone: page.zone, hourCycle: "h23" };
    if (parts.includes("d")) Object.assign(options, { year: "numeric", month: "2-digit", day: "2-digit" });
    if (parts.includes("t")) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
    if (parts.includes("s")) options.second = "2-digit";
    forms.set(key, new Intl.DateTimeFormat("sv-SE", options));
  }
  return forms.get(key).format(second * 1000);
};
page.zoneName = () => ({ UTC: "UTC", "America/New_York": "New York", "Europe/London": "London" })[page.zone];
page.signed = (value, digits) => {
  if (!Number.isFinite(value)) return "n/a";
  const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (Number(text.replaceAll(",", "")) === 0 ? "" : value < 0 ? "-" : "+") + text;
};
page.changed = () => page.watchers.forEach((act) => act());
page.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

(() => {
  const root = document.documentElement;
  const remembered = (() => { try { return localStorage.getItem("tradewind-theme"); } catch { return null; } })();
  if (remembered === "light" || remembered === "dark") root.dataset.theme = remembered;
  const choice = (label, options, chosen, act) => {
    const list = options.map(([value, text]) => page.make("option", { value, selected: value === chosen }, text));
    return page.make("select", { "aria-label": label, title: label, on: { change: (event) => act(event.target.value) } }, ...list);
  };
  const theme = choice("Light or dark", [["auto", "Auto"], ["light", "Light"], ["dark", "Dark"]], root.dataset.theme || "auto", (value) => {
    if (value === "auto") delete root.dataset.theme; else root.dataset.theme = value;
    try { localStorage.setItem("tradewind-theme", value); } catch { /* a page from a file may be refused its memory */ }
    page.changed();
  });
  const zones = [["UTC", "UTC"], ["America/New_York", "New York"], ["Europe/London", "London"]];
  const zone = choice("Time zone of candles and trades", zones, "UTC", (value) => { page.zone = value; page.changed(); });
  document.getElementById("switches").append(zone, theme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", page.changed);

  /* On paper everything is open. */
  let folded = [];
  addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; folded.forEach((each) => { each.open = true; }); });
  addEventListener("afterprint", () => folded.forEach((each) => { each.open = false; }));

  const links = [...document.querySelectorAll("nav a")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links) {
        const here = link.hash === "#" + entry.target.id;
        link.classList.toggle("here", here);
        if (here) { link.setAttribute("aria-current", "true"); link.parentElement.scrollLeft = link.offsetLeft - 120; } else link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-12% 0px -80% 0px" });
  document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
})();

/* The reading under the equity curve: by pointer, or by arrow keys when the curve has the focus. */
(async () => {
  const picture = document.querySelector("svg[data-curve=equity]");
  if (!picture || !page.data.equity || !page.data.equity.ts) return;
  const { ts, equity, depth } = await page.columns(page.data.equity);
  const output = picture.parentElement.querySelector(".reading");
  const cursor = picture.querySelector(".cursor");
  const { left, wide, from, to } = Object.fromEntries(Object.entries(picture.dataset).map(([key, value]) => [key, Number(value)]));
  let place = ts.length - 1;
  const show = (row) => {
    place = Math.max(0, Math.min(ts.length - 1, row));
    const x = left + (wide * (ts[place] - from)) / (to - from || 1);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.style.visibility = "visible";
    const drawdown = depth[place] < 0 ? `${(depth[place] * 100).toFixed(2)} % below its peak` : "at its peak";
    output.textContent = `${page.moment(ts[place], "dt")} ${page.zoneName()}: ${equity[place].toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} ${page.data.currency}, ${drawdown}`;
  };
  const nearest = (moment) => {
    let low = 0, high = ts.length - 1;
    while (low < high) { const middle = (low + high) >> 1; if (ts[middle] < moment) low = middle + 1; else high = middle; }
    return low > 0 && moment - ts[low - 1] < ts[low] - moment ? low - 1 : low;
  };
  const at = (event) => {
    const area = picture.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * picture.viewBox.baseVal.width;
    return nearest(from + ((x - left) / wide) * (to - from));
  };
  const go = () => page.showMoment && page.showMoment(ts[place]);
  picture.addEventListener("pointermove", (event) => show(at(event)));
  picture.addEventListener("pointerleave", () => { cursor.style.visibility = "hidden"; });
  picture.addEventListener("click", (event) => { show(at(event)); go(); });
  picture.addEventListener("focus", () => show(place));
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -1e9, End: 1e9 }[event.key];
    if (step) { show(place + step); event.preventDefault(); }
    if (event.key === "Enter") go();
  });
})();
