// What nobody may ever be shown: tokens, passwords and ids of sessions of this run, and what is hashed of them. All that windows are sent is kept
// in files until the end of the run, and looked through once.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Forms whose own answer may show a new token or password once, as expressions for their paths. */
export const SHOWN_ONCE = [/^\/t\/[^/]+\/issue\/[a-z_-]+$/];

const secrets = new Map();
const kept = [];
const assets = new Set();
const waits = new Set();
let lost = 0;
const directory = mkdtempSync(join(tmpdir(), "dg-answers-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

/** Notes a secret: it may be in no answer from now on, and nothing of before either. */
export function secret(text, what) {
  if (typeof text === "string" && text.length >= 8) secrets.set(text, what);
}

/** Notes every token in what the API answered, and a password that was given to it. */
export function secretsOf(answer, sent) {
  for (const [token] of answer.matchAll(/\bdg_[0-9a-z]{12}_[0-9a-f]{32,}/g)) secret(token, "a token");
  secret(sent?.password, "a password");
}

function keep(from, bytes) {
  writeFileSync(join(directory, String(kept.length)), bytes);
  kept.push(from);
}

/** Keeps all that the windows of `context` are sent, and learns what is typed into password fields, and which sessions begin. */
export function listen(context) {
  const wait = (promise) => {
    const whole = promise.catch(() => { lost += 1; }).finally(() => waits.delete(whole));
    waits.add(whole);
  };
  context.on("request", (request) => {
    if (request.method() !== "POST") return;
    const sent = new URLSearchParams(request.postData() ?? "");
    for (const name of ["token", "password", "current", "new"]) secret(sent.get(name), `what was typed as ${name}`);
  });
  context.on("response", (response) => {
    wait((async () => {
      const cookies = (await response.headersArray()).filter((header) => header.name.toLowerCase() === "set-cookie");
      for (const { value } of cookies) secret(value.match(/dg_(?:session|visit)=([^;]+)/)?.[1], "the id of a session");
    })());
    const { pathname } = new URL(response.url());
    if (SHOWN_ONCE.some((path) => path.test(pathname)) && response.request().method() === "POST") return;
    if (response.status() >= 300 && response.status() < 400) return;
    if (pathname.startsWith("/assets/")) {
      if (assets.has(pathname)) return;
      assets.add(pathname);
    }
    wait(response.body().then((body) => keep(`${response.request().method()} ${response.url()}`, body)));
  });
  context.on("page", (page) => page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => keep(`a frame at ${page.url()}`, payload))));
}

/** A secret in all the ways in which it could be told: whole, its own part without the name in front, and both hashed. */
function tellings(text) {
  const own = text.match(/^dg_[0-9a-z]{12}_(.+)$/)?.[1];
  const parts = own ? [text, own] : [text];
  const begun = parts.filter((part) => part.length > 16 && part !== text).map((part) => part.slice(0, 16));
  const hashed = parts.flatMap((part) => ["hex", "base64", "base64url"].map((how) => createHash("sha256").update(part).digest(how).slice(0, 16)));
  return [text, ...begun, ...hashed];
}

/** Where any of them was told. A planted answer has to be found too, or nothing was looked through. */
export async function told() {
  await Promise.all(waits);
  const needles = [...secrets.keys()].flatMap(tellings);
  const [first] = secrets.keys();
  const planted = kept.length;
  keep("what was planted", `<p>${createHash("sha256").update(first).digest("hex")}</p>`);
  writeFileSync(join(directory, "needles"), `${needles.join("\n")}\n`);
  // Names of files alone: what was found is not printed.
  const found = execFileSync("grep", ["-rlFf", join(directory, "needles"), "--exclude=needles", directory], { encoding: "utf8", maxBuffer: 1 << 26 });
  const at = found.trim().split("\n").map((path) => Number(path.split("/").at(-1)));
  if (!at.includes(planted)) throw new Error("what was planted was not found");
  return { places: at.filter((nth) => nth !== planted).map((nth) => kept[nth]), secrets: secrets.size, answers: planted, lost };
}
