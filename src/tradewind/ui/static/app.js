// What every page does by itself: the theme, keys, the palette, clocks, the session, and the kill button, which is a
// request of its own and works when nothing else of the page does.
(() => {
  const CSRF = { "x-tradewind-csrf": "1" };
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  function toast(text, kind = "") {
    const box = $("#toasts");
    if (!box) return;
    const one = document.createElement("div");
    one.className = `toast ${kind}`;
    one.textContent = text;
    box.append(one);
    setTimeout(() => one.remove(), kind === "bad" ? 12000 : 6000);
  }

  function remember(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=strict`;
  }

  function theme(choice) {
    const root = document.documentElement;
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
    remember("tradewind_theme", choice);
    showTheme();
    document.dispatchEvent(new CustomEvent("tradewind:theme"));
  }

  function showTheme() {
    const choice = document.documentElement.dataset.theme || "auto";
    const words = { auto: "Theme: system", dark: "Theme: dark", light: "Theme: light" };
    $$("[data-theme-word]").forEach((one) => (one.textContent = words[choice]));
  }

  const NEXT = { auto: "dark", dark: "light", light: "auto" };

  async function kill(level, account) {
    $("#kill-menu")?.setAttribute("hidden", "");
    try {
      const answer = await fetch("/api/v1/kill", {
        method: "POST",
        headers: { ...CSRF, "content-type": "application/json" },
        body: JSON.stringify(account ? { level, account } : { level }),
      });
      const told = await answer.json();
      if (!answer.ok) return toast(`Not stopped: ${told.detail} Use: tradewind kill --all`, "bad");
      const trouble = Object.entries(told.trouble).map(([name, words]) => `${name}: ${words}`);
      if (!told.accounts.length) return toast("There is no account yet; nothing to stop.");
      if (trouble.length) return toast(`In part: ${trouble.join("; ")}`, "bad");
      toast(`Kill level ${told.level}: ${told.means}. ${told.accounts.join(", ")}.`, "good");
    } catch {
      toast("The server does not answer. In a terminal: tradewind kill --all", "bad");
    }
  }

  async function renew() {
    const answer = await fetch("/session", { method: "POST", headers: CSRF }).catch(() => null);
    if (answer && answer.status === 401) location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  }

  async function leave() {
    await fetch("/logout", { method: "POST", headers: CSRF });
    location.href = "/login";
  }

  function tick() {
    const now = new Date();
    $$("[data-clock]").forEach((one) => {
      const zone = one.dataset.clock || undefined;
      one.textContent = now.toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
    });
    $$("[data-ago]").forEach((one) => {
      const s = Math.max(0, now / 1000 - Number(one.dataset.ago));
      one.textContent = s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
    });
    $$("[data-until]").forEach((one) => {
      const s = Math.max(0, Number(one.dataset.until) - now / 1000);
      const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
      one.textContent = h >= 48 ? `${Math.floor(h / 24)} d` : h ? `${h} h ${String(m).padStart(2, "0")} min` : `${m} min ${String(Math.floor(s % 60)).padStart(2, "0")} s`;
    });
  }

  // the palette -------------------------------------------------------------------------------------------------
  function shownItems() {
    return $$("#palette li").filter((one) => !one.hidden);
  }
  function choose(one) {
    $$("#palette li").forEach((each) => each.setAttribute("aria-selected", String(each === one)));
    one?.scrollIntoView({ block: "nearest" });
    $("#palette input").setAttribute("aria-activedescendant", one?.id ?? "");
  }
  function filter() {
    const words = $("#palette input").value.toLowerCase().split(/\s+/).filter(Boolean);
    $$("#palette li").forEach((one) => (one.hidden = !words.every((word) => one.textContent.toLowerCase().includes(word))));
    choose(shownItems()[0]);
  }
  function palette() {
    const box = $("#palette");
    if (!box || box.open) return;
    box.showModal();
    $("#palette input").value = "";
    filter();
    $("#palette input").focus();
  }
  function carry(one) {
    if (!one) return;
    $("#palette").close();
    if (one.dataset.href) location.href = one.dataset.href;
    else if (one.dataset.run === "theme") theme(one.dataset.value);
    else if (one.dataset.run === "kill") kill(Number(one.dataset.value));
    else if (one.dataset.run === "leave") leave();
    else if (one.dataset.run === "help") $("#help").showModal();
  }

  // keys --------------------------------------------------------------------------------------------------------
  let began = 0;
  function keys(event) {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return palette();
    }
    if (event.key === "Escape") $("#kill-menu")?.setAttribute("hidden", "");
    if ($("#palette")?.open) {
      const items = shownItems(), at = items.findIndex((one) => one.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length]);
      } else if (event.key === "Enter") {
        event.preventDefault();
        carry(items[at]);
      }
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.key === "?") return void $("#help")?.showModal();
    if (event.key === "g") return void (began = Date.now());
    if (Date.now() - began < 1200) {
      began = 0;
      const found = $(`.rail a[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (found) {
        event.preventDefault();
        location.href = found.href;
      }
    }
  }

  // files that are dropped --------------------------------------------------------------------------------------
  function send(files, box) {
    const form = box.closest("form"), bar = $("progress", box) ?? box.appendChild(document.createElement("progress"));
    const queue = [...files];
    const next = () => {
      const file = queue.shift();
      if (!file) return bar.remove();
      const query = new URLSearchParams({ name: file.name });
      if (form) for (const [name, value] of new FormData(form)) if (value && typeof value === "string") query.set(name, value);
      const request = new XMLHttpRequest();
      request.open("POST", `/api/v1/imports?${query}`);
      Object.entries(CSRF).forEach(([name, value]) => request.setRequestHeader(name, value));
      request.setRequestHeader("content-type", "application/octet-stream");
      request.setRequestHeader("idempotency-key", crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
      request.upload.onprogress = (event) => ((bar.max = event.total || 1), (bar.value = event.loaded));
      request.onload = () => {
        let told = {};
        try { told = JSON.parse(request.responseText); } catch { /* shown by its status */ }
        if (request.status < 300) toast(`${file.name} is here and waits to be read.`, "good");
        else toast(`${file.name}: ${told.detail ?? request.status} ${told.hint ?? ""}`, "bad");
        next();
      };
      request.onerror = () => (toast(`${file.name}: the server does not answer.`, "bad"), next());
      request.send(file);
    };
    next();
  }

  // a log is followed to its end, unless somebody has scrolled up in it -----------------------------------------
  function follow(region) {
    for (const log of region?.querySelectorAll("[data-follow]") ?? []) if (!log.held) log.scrollTop = log.scrollHeight;
  }
  const hold = (log) => (log.held = log.scrollTop + log.clientHeight < log.scrollHeight - 8);

  document.addEventListener("keydown", keys);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("button, [data-open], [data-close], #palette li, .drop");
    const menu = $("#kill-menu");
    if (menu && !menu.hidden && !event.target.closest("#kill-menu, #kill-more")) menu.hidden = true;
    if (!pressed) return;
    if (pressed.id === "kill") kill(2);
    else if (pressed.id === "kill-more") {
      menu.hidden = !menu.hidden;
      pressed.setAttribute("aria-expanded", String(!menu.hidden));
      if (!menu.hidden) $("button", menu).focus();
    } else if (pressed.dataset.kill) kill(Number(pressed.dataset.kill), pressed.dataset.account);
    else if (pressed.matches("[data-theme-switch]")) theme(NEXT[document.documentElement.dataset.theme || "auto"]);
    else if (pressed.matches("[data-leave]")) leave();
    else if (pressed.matches("[data-palette]")) palette();
    else if (pressed.dataset.open) document.getElementById(pressed.dataset.open)?.showModal();
    else if (pressed.matches("[data-close]")) pressed.closest("dialog").close();
    else if (pressed.matches("#palette li")) carry(pressed);
    else if (pressed.matches(".drop")) $("input[type=file]", pressed.parentElement)?.click();
  });
  document.addEventListener("input", (event) => event.target.matches("#palette input") && filter());
  document.addEventListener("change", (event) => {
    const one = event.target;
    if (one.matches("input[type=file]")) send(one.files, $(".drop", one.parentElement));
    if (one.matches("[data-account]")) {
      remember("tradewind_account", encodeURIComponent(one.value));
      location.reload();
    }
    if (one.matches("[data-go]")) location.href = one.value;
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const box = event.target.closest?.(".drop");
      if (!box) return;
      event.preventDefault();
      box.classList.toggle("over", kind === "dragover");
      if (kind === "drop") send(event.dataTransfer.files, box);
    });
  }
  // Quasar's own bar says nothing to those who cannot see it, and nothing here needs it.
  document.addEventListener("tradewind:drawn", (event) => ($("#q-loading-bar")?.remove(), tick(), follow(event.detail)));
  document.addEventListener("scroll", (event) => event.target.matches?.("[data-follow]") && hold(event.target), true);
  document.addEventListener("visibilitychange", () => document.hidden || renew());
  setInterval(tick, 1000);
  setInterval(renew, 480000);
  const looked = new URLSearchParams(location.search).get("account");
  if (looked) remember("tradewind_account", encodeURIComponent(looked));
  showTheme();
  tick();
  window.tradewind = { toast, kill, theme };
})();
