// The client of a live page. Everything here is a help on top of pages that work without it: links are links, forms
// are forms, and while the socket is closed the browser follows them by itself.

const FIRST_WAIT = 250, LONGEST_WAIT = 8000, ALIVE_EVERY = 25000, ANSWER_WITHIN = 12000;
const SIGN_IN = 4401, OLD = 4409, FULL = 4503;
const script = new URL(document.currentScript.src).pathname;
const lost = document.getElementById("lost");

let root = document.getElementById("app");
let socket = null, page = null, failed = 0, timer = 0, lostTimer = 0;
let step = 0, awaited = null, held = false;
let shownPath = location.pathname + location.search;

const here = () => location.pathname + location.search;
const isOpen = () => socket !== null && socket.readyState === WebSocket.OPEN && page !== null;
const ours = (url) => url.origin === location.origin && (url.pathname === "/" || url.pathname.startsWith("/t/"));

function say(method, params) {
  if (socket !== null && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ method, params }));
}

// ---- the socket

function connect() {
  clearTimeout(timer);
  if (socket !== null) return;
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const query = "?path=" + encodeURIComponent(here()) + "&script=" + encodeURIComponent(script);
  const mine = new WebSocket(scheme + location.host + "/live" + query);
  socket = mine;
  page = null;
  mine.binaryType = "arraybuffer";
  mine.onmessage = (message) => {
    if (mine !== socket) return;
    if (typeof message.data === "string") told(JSON.parse(message.data));
    else edit(message.data);
  };
  mine.onclose = (event) => {
    if (mine !== socket) return;
    socket = null;
    page = null;
    closed(event.code);
  };
}

function closed(code) {
  root.dataset.live = "closed";
  if (awaited !== null) return leave(awaited.path);
  if ((code === SIGN_IN || code === OLD) && performance.now() > 3000) return location.reload();
  if (lostTimer === 0) lostTimer = setTimeout(() => { lost.hidden = false; }, 1500);
  const longest = Math.min(FIRST_WAIT * 2 ** failed, LONGEST_WAIT);
  failed += 1;
  timer = setTimeout(connect, code === FULL ? 30000 : longest * (0.5 + Math.random() / 2));
}

function opened() {
  failed = 0;
  clearTimeout(lostTimer);
  lostTimer = 0;
  lost.hidden = true;
  root.dataset.live = "open";
  held = false;
  hold();
}

// ---- the page

function edit(bytes) {
  if (page !== null) return page.run_from_bytes(bytes);
  // The first edits build the whole page. It grows beside the one on show and then takes its place, with what the
  // person has typed, opened and focused since.
  const next = root.cloneNode(false);
  page = new NativeInterpreter("", true);
  page.liveview = true;
  page.intercept_link_redirects = false;
  page.ipc = { postMessage: (text) => { if (isOpen()) socket.send(text); } };
  // The interpreter's own initialize would add handlers for file drops to the window at each connection.
  BaseInterpreter.prototype.initialize.call(page, next, (event) => page.handleEvent(event, event.type, true));
  page.run_from_bytes(bytes);
  carry(root, next);
  root.replaceWith(next);
  root = next;
  drafts();
  opened();
}

function carry(from, to) {
  for (const old of from.querySelectorAll("details[id][open]")) {
    const found = to.querySelector("#" + CSS.escape(old.id));
    if (found) found.open = true;
  }
  for (const old of from.querySelectorAll("input[id], select[id], textarea[id]")) {
    const found = to.querySelector("#" + CSS.escape(old.id));
    if (found && old.value !== found.value) found.value = old.value;
  }
  for (const old of from.querySelectorAll("input[type=checkbox], input[type=radio]")) {
    const found = to.querySelector(`input[type=${old.type}][name="${CSS.escape(old.name)}"][value="${CSS.escape(old.value)}"]`);
    if (found) found.checked = old.checked;
  }
  const focused = document.activeElement;
  if (!focused || !from.contains(focused)) return;
  const path = [];
  for (let node = focused; node !== from; node = node.parentNode) path.unshift([...node.parentNode.children].indexOf(node));
  const same = focused.id ? to.querySelector("#" + CSS.escape(focused.id))
    : path.reduce((node, at) => node && node.children[at], to);
  if (!same) return;
  const range = focused.tagName === "TEXTAREA" || focused.tagName === "INPUT" && focused.type === "text" ? [focused.selectionStart, focused.selectionEnd] : null;
  queueMicrotask(() => {
    same.focus({ preventScroll: true });
    if (range) same.setSelectionRange(...range);
  });
}

function told({ method, params }) {
  if (method === "page") return shown(params);
  if (method !== "moved") return;
  history[params.replace ? "replaceState" : "pushState"]({}, "", params.path);
  shownPath = here();
}

function shown({ path, title, step: answered }) {
  document.title = title + " · DecisionGraph";
  if (answered !== step) return;
  if (path && path !== here()) history.replaceState(history.state, "", path + location.hash);
  shownPath = here();
  const done = awaited;
  awaited = null;
  if (done === null) return;
  clearTimeout(done.timer);
  for (const menu of root.querySelectorAll("details.menu[open]")) menu.open = false;
  drafts();
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (done.y !== null) scrollTo(0, done.y);
  else if (target) target.scrollIntoView();
  else scrollTo(0, 0);
  if (done.focus) document.getElementById("main")?.focus({ preventScroll: true });
}

// ---- going places

function go(path, y, focus) {
  shownPath = here();
  step += 1;
  if (awaited !== null) clearTimeout(awaited.timer);
  awaited = { path, y, focus, timer: setTimeout(() => leave(path), ANSWER_WITHIN) };
  say("go", { path: path.split("#")[0], step });
}

function visit(url) {
  const path = url.pathname + url.search + url.hash;
  history.replaceState({ ...history.state, y: scrollY }, "");
  history.pushState({}, "", path);
  go(path, null, true);
}

// Without an answer the browser goes by itself.
function leave(path) {
  awaited = null;
  if (path.split("#")[0] === here()) location.reload();
  else location.assign(path);
}

document.addEventListener("click", (event) => {
  // The list moves now; whether it is held is told anew with the pointer's next step.
  if (event.target instanceof Element && event.target.closest(".waiting")) held = pointed = false;
  for (const menu of root.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || link.getAttribute("target") || link.hasAttribute("download") || !isOpen()) return;
  const url = new URL(link.getAttribute("href"), location.href); // a link in a drawing has no plain href
  if (!ours(url) || (url.hash && url.pathname + url.search === here())) return;
  event.preventDefault();
  visit(url);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "get" || !isOpen()) return;
  const url = new URL(form.action, location.href);
  if (!ours(url)) return;
  url.search = "";
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value.trim() !== "") url.searchParams.append(name, value);
  event.preventDefault();
  visit(url);
});

// ---- a drawing is moved by dragging and, with Control, by the wheel; its links do the same in steps

let dragged = null;
function look(svg, change) {
  const box = svg.viewBox.baseVal;
  change(box);
  svg.setAttribute("viewBox", [box.x, box.y, box.width, box.height].join(" "));
}
document.addEventListener("pointerdown", (event) => {
  const svg = event.button === 0 && event.pointerType === "mouse" && event.target instanceof Element ? event.target.closest("svg[data-pan]") : null;
  if (svg && !event.target.closest("a")) dragged = svg;
});
document.addEventListener("pointermove", (event) => {
  if (dragged === null) return;
  const scale = 1 / dragged.getScreenCTM().a;
  look(dragged, (box) => { box.x -= event.movementX * scale; box.y -= event.movementY * scale; });
});
document.addEventListener("pointerup", () => { dragged = null; });
document.addEventListener("wheel", (event) => {
  const svg = event.ctrlKey && event.target instanceof Element ? event.target.closest("svg[data-pan]") : null;
  if (!svg) return;
  event.preventDefault();
  const by = event.deltaY > 0 ? 1.15 : 1 / 1.15;
  look(svg, (box) => { box.x += box.width * (1 - by) / 2; box.y += box.height * (1 - by) / 2; box.width *= by; box.height *= by; });
}, { passive: false });

addEventListener("popstate", (event) => {
  if (here() === shownPath) return;
  if (!isOpen()) return location.reload();
  go(here() + location.hash, event.state?.y ?? 0, false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of root.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

// ---- a list does not move under somebody's pointer, focus or reading position

// Reaching for the button that lets new rows in counts as staying.
const HELD = "#traces tbody, #log";
let pointed = false;
function hold() {
  const rows = root.querySelector(HELD);
  const focused = rows !== null && rows.contains(document.activeElement);
  const now = rows !== null && (pointed || focused || scrollY > 200);
  if (now === held || !isOpen()) return;
  held = now;
  say("hold", held);
}
document.addEventListener("pointerover", (event) => {
  pointed = event.pointerType === "mouse" && event.target instanceof Element && event.target.closest(`${HELD}, .waiting`) !== null;
  hold();
});
document.documentElement.addEventListener("pointerleave", () => { pointed = false; hold(); });
for (const name of ["focusin", "focusout"]) document.addEventListener(name, () => queueMicrotask(hold));
document.addEventListener("scroll", hold, { passive: true });

// ---- coming and going

setInterval(() => say("alive"), ALIVE_EVERY);
addEventListener("online", connect);
addEventListener("pagehide", () => { if (socket !== null) socket.close(); });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) connect(); });
connect();
