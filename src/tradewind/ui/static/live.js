// A region that is kept as the server draws it. What is there stays where it is the same, so that focus, an open
// dialog, a scrolled table and what somebody is typing outlive an update. What is pressed or sent goes to the server.
const KEPT = new Set(["open"]);

function alike(one, other) {
  if (one.nodeType !== other.nodeType) return false;
  return one.nodeType !== 1 || (one.tagName === other.tagName && one.getAttribute("data-key") === other.getAttribute("data-key"));
}

function dress(one, other) {
  for (const { name, value } of other.attributes) {
    if (one.getAttribute(name) !== value && !(KEPT.has(name) && one.hasAttribute(name))) one.setAttribute(name, value);
  }
  for (const { name } of [...one.attributes]) {
    if (!other.hasAttribute(name) && !KEPT.has(name)) one.removeAttribute(name);
  }
}

function become(one, other) {
  if (one.nodeType !== 1) {
    if (one.nodeValue !== other.nodeValue) one.nodeValue = other.nodeValue;
    return;
  }
  if (one.isEqualNode(other) || one.hasAttribute("data-still")) return;
  dress(one, other);
  fill(one, other);
}

function fill(one, other) {
  let here = one.firstChild;
  for (const wanted of [...other.childNodes]) {
    if (here && alike(here, wanted)) {
      become(here, wanted);
      here = here.nextSibling;
    } else {
      let found = here && wanted.nodeType === 1 && wanted.dataset.key ? here.nextSibling : null;
      while (found && !alike(found, wanted)) found = found.nextSibling;
      if (found) {
        one.insertBefore(found, here);
        become(found, wanted);
      } else {
        one.insertBefore(wanted, here);
      }
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

export default {
  props: { content: String },
  render() {
    return Vue.h("div", { class: "live" });
  },
  mounted() {
    this.$el.innerHTML = this.content;
    this.$el.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-do]");
      if (!pressed || pressed.tagName === "FORM" || pressed.disabled) return;
      event.preventDefault();
      this.$emit("do", { ...pressed.dataset });
    });
    this.$el.addEventListener("submit", (event) => {
      const form = event.target.closest("form[data-do]");
      if (!form) return;
      event.preventDefault();
      const told = {};
      for (const [name, value] of new FormData(form)) told[name] = name in told ? `${told[name]},${value}` : String(value);
      this.$emit("do", { ...form.dataset, ...told });
    });
    this.$el.addEventListener("change", (event) => {
      const one = event.target.closest("[data-change]");
      if (one) this.$emit("do", { ...one.dataset, do: one.dataset.change, value: one.value });
    });
    document.dispatchEvent(new CustomEvent("tradewind:drawn", { detail: this.$el }));
  },
  watch: {
    content(text) {
      const wanted = document.createElement("div");
      wanted.innerHTML = text;
      fill(this.$el, wanted);
      document.dispatchEvent(new CustomEvent("tradewind:drawn", { detail: this.$el }));
    },
  },
};
