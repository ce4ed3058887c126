// What of a page is not the console's own. Runs inside a browser, so it stands alone.

/** What is wrong with the document, or with one parsed from `text`, as `kind` says: nothing of a payload may be more than text. */
export function inspect({ text, kind = "text/html", file = false } = {}) {
  const root = text === undefined ? document : new DOMParser().parseFromString(text, kind);
  const wrong = [];
  const foreign = ["iframe", "frame", "frameset", "object", "embed", "applet", "base", "portal", "template", "math", "foreignobject", "animate", "set", "use", "image",
    "img", "video", "audio", "marquee", "xmp", "plaintext", "listing", "keygen", "bgsound", "area", "map", ...(file ? ["form", "input", "button", "link", "script"] : ["style"])];
  const leads = ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcset", "srcdoc", "cite", "ping", "manifest"];
  if (kind !== "text/html" && root.querySelector("parsererror")) wrong.push("not well formed");
  for (const element of root.querySelectorAll("*")) {
    const name = element.localName.toLowerCase();
    if (name.includes("dg-injected") || foreign.includes(name)) wrong.push(`element ${name}`);
    if (name === "meta" && element.httpEquiv && element.httpEquiv.toLowerCase() !== "content-security-policy") wrong.push(`meta ${element.httpEquiv}`);
    if (name === "script" && (element.textContent || !element.getAttribute("src")?.startsWith("/assets/"))) wrong.push("a script of somebody else");
    for (const { name: attribute, value } of element.attributes) {
      const key = attribute.toLowerCase();
      if (key.includes("dg-injected") || key.startsWith("on") || (key === "style" && !file)) wrong.push(`attribute ${key} of ${name}`);
      if (leads.includes(key) && !/^(\/(?![/\\])|#|\?|$)/.test(value)) wrong.push(`${key} of ${name} to ${value.slice(0, 80)}`);
    }
  }
  const comments = document.createNodeIterator(root, NodeFilter.SHOW_COMMENT);
  for (let node = comments.nextNode(); node; node = comments.nextNode()) if (node.data.includes("dg")) wrong.push(`comment ${node.data.slice(0, 80)}`);
  if (window.__dg_injected !== undefined) wrong.push("a script ran");
  return [...new Set(wrong)];
}
