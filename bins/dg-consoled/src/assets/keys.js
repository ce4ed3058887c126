// Keys, the way to anywhere, drafts, and forms that are sent once. All of it helps; nothing needs it.

const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const store = (key, value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* private windows */ } };
const typing = (node) => node instanceof Element && node.closest("input, textarea, select, [contenteditable]") !== null;

// ---- forms

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// A draft is kept per page and form until what it was for is done.
const draftKey = (area) => `draft ${location.pathname} ${area.dataset.draft} ${area.name}`;
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.dataset.draft) store(draftKey(target), target.value || null);
});
function drafts() {
  const done = document.getElementById("said")?.getAttribute("role") === "status";
  if (done) for (const key of Object.keys(localStorage)) if (key.startsWith(`draft ${location.pathname} `)) store(key, null);
  for (const area of document.querySelectorAll("textarea[data-draft]")) {
    if (area.value === "") area.value = stored(draftKey(area)) ?? "";
  }
}

// ---- keys

const keysDialog = document.getElementById("keys"), keysOff = document.getElementById("keys-off");
keysOff.checked = stored("keys") === "off";
keysOff.addEventListener("change", () => store("keys", keysOff.checked ? "off" : null));
let goes = false;
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openPalette();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || keysOff.checked || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (goes) {
    goes = false;
    const link = root.querySelector(`.rail a[data-key="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  if (step) {
    const links = [...root.querySelectorAll("main .list tbody tr, main .rows > li")].map((row) => row.querySelector("a[href]")).filter(Boolean);
    const at = links.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
    links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
  } else if (event.key === "g") {
    goes = true;
    setTimeout(() => { goes = false; }, 1500);
  } else if (event.key === "/") {
    const field = root.querySelector("form[role=search] input:not([type=hidden])");
    if (field) { event.preventDefault(); field.focus(); }
  } else if (event.key === "?") keysDialog.showModal();
});

// ---- the way to anywhere

const palette = document.getElementById("palette"), wanted = document.getElementById("palette-input"), ways = document.getElementById("palette-list");
let chosen = 0;
function openPalette() {
  if (palette.open) return;
  wanted.value = "";
  offer();
  palette.showModal();
}
function places() {
  const text = wanted.value.trim();
  const links = [...root.querySelectorAll(".rail a, #tenants a")].map((link) => [link.closest("#tenants") ? `Tenant ${link.textContent}` : link.dataset.name ?? link.textContent, link.getAttribute("href")]);
  const fit = links.filter(([name]) => name.toLowerCase().includes(text.toLowerCase()));
  const traces = root.querySelector('.rail a[data-key="t"]')?.getAttribute("href");
  if (text !== "" && traces) fit.push([`Trace ${text}`, `${traces}/${encodeURIComponent(text)}`]);
  return fit;
}
function offer() {
  chosen = 0;
  ways.replaceChildren(...places().slice(0, 12).map(([name, href], at) => {
    const way = document.createElement("li");
    way.id = `way-${at}`;
    way.role = "option";
    way.dataset.href = href;
    way.textContent = name;
    way.addEventListener("click", () => take(way));
    return way;
  }));
  mark();
}
function mark() {
  for (const [at, way] of [...ways.children].entries()) way.ariaSelected = String(at === chosen);
  const way = ways.children[chosen];
  if (way) wanted.setAttribute("aria-activedescendant", way.id);
  else wanted.removeAttribute("aria-activedescendant");
}
function take(way) {
  if (!way) return;
  palette.close();
  const url = new URL(way.dataset.href, location.href);
  if (isOpen() && ours(url)) visit(url);
  else location.assign(url);
}
wanted.addEventListener("input", offer);
wanted.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && ways.children.length) {
    event.preventDefault();
    chosen = (chosen + step + ways.children.length) % ways.children.length;
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    take(ways.children[chosen]);
  }
});
for (const dialog of [palette, keysDialog]) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
drafts();
