// A tenant in which every text is one of the corpus. Three traces, a policy and an exception have the names of the demonstration, so that every
// screen in screens.mjs is there too.

const POLICY = { policy_id: "discount-cap", policy_version: "2026.03" };
const [A, B, LIVE] = ["trace-precedent-renewal-001", "trace-incident-review-003", "trace-live-renewal-002"];
const exceptions = { [A]: "ex-precedent-renewal-001", [B]: "ex-incident-review-003", [LIVE]: "ex-live-renewal-002" };

function event(trace, nth, type, text, payload) {
  return { event_id: `${trace}-${nth}`, trace_id: trace, event_type: type, occurred_at: "2026-05-04T09:00:00Z", source: { producer_id: text, system: text, subsystem: text },
    actor: { actor_type: "agent", actor_id: text }, correlation_id: text, causation_event_id: null, idempotency_key: `${trace}-${nth}`, schema_version: 1, tags: [text], payload };
}

/** Every kind of event about one text. */
function about(text, name) {
  const entity = { entity_type: text, entity_id: text, system: text };
  const facts = [{ key: text, value: { type: "string", value: text }, as_of: null }, { key: name, value: { type: text, value: text }, as_of: text }];
  const extra = { [text]: text, nested: [{ [text]: [text] }] };
  return [
    ["InputObserved", { input_id: text, source: { system: text, object_type: text, object_id: text }, facts, ...extra }],
    ["EntityObserved", { entity, role: "related", facts, ...extra }],
    ["PolicyEvaluated", { policy: { policy_id: text, policy_version: text }, inputs: [text], decision: "require_exception", violations: [{ code: text, message: text }], explanation: { summary: text }, ...extra }],
    ["PrecedentCited", { cited_trace_id: text, reason: text, similarity_score: text, ...extra }],
    ["ActionProposed", { action_id: `${name}-${text}`.slice(0, 120), action_type: text, target_entity: entity, target_system: text, changes: [{ field: text, from: text, to: text }], ...extra }],
    ["ActionCommitted", { action_id: `${name}-${text}`.slice(0, 120), status: "success", error: text, external_reference: text }],
  ];
}

const began = (text) => ["TraceStarted", { workflow: text, title: text, primary_entity: { entity_type: text, entity_id: text, system: text } }];
const asked = (text, exception_id, policy) => ["ExceptionRequested", { exception_id, policy, reason: text, priority: "high", evidence: [text, { kind: "link", locator: text, label: text }] }];

async function send(api, tenant, events) {
  for (let first = 0; first < events.length; first += 400) {
    const { data } = await api.call("/events:batch?mode=atomic", tenant, { events: events.slice(first, first + 400) });
    const refused = (data.results ?? []).find((one) => one.status !== "stored");
    if (refused) throw new Error(`not stored: ${JSON.stringify(refused)}`);
  }
}

/** Events of one trace, each with a text of its own. */
const story = (trace, told) => told.map(([text, [type, payload]], nth) => event(trace, nth, type, text, payload));

export async function fill(api, tenant, corpus) {
  const third = Math.ceil(corpus.length / 3);
  const bundles = [A, B, LIVE].map((trace, nth) => [trace, corpus.slice(nth * third, (nth + 1) * third)]);
  const events = bundles.flatMap(([trace, texts]) => {
    const evaluated = ["PolicyEvaluated", { policy: POLICY, inputs: [], decision: "require_exception" }];
    // The policy of the demonstration follows each of the others: whatever is the latest that a screen read, it is that one.
    const told = [[texts[0], began(corpus[0])], ...texts.flatMap((text, nth) => about(text, `n${nth}`).flatMap((one) => (one[0] === "PolicyEvaluated" ? [[text, one], [text, evaluated]] : [[text, one]])))];
    const [text] = texts.slice(-1);
    told.push([text, asked(text, exceptions[trace], POLICY)]);
    if (trace !== LIVE) {
      told.push([text, ["ApprovalRecorded", { approval_id: text, subject: { subject_type: "exception", subject_id: exceptions[trace] }, approver: { actor_type: text, actor_id: text }, decision: "approved", reason: text }]]);
      told.push([text, ["TraceFinished", { outcome: "success", summary: text }]]);
    }
    return story(trace, told);
  });
  const own = corpus.flatMap((text, nth) => story(`words-${nth}`, [[text, began(text)], [text, about(text, "own")[0]], [text, asked(text, "x", { policy_id: text, policy_version: text })]]));
  await send(api, tenant, [...events, ...own, ...story("live-words", [[corpus[0], began(corpus[0])]])]);
  await items(api, tenant, corpus.length + 3);

  // What people write: comments, titles of reviews, a template, and people themselves.
  const review = `${LIVE}:exception:${exceptions[LIVE]}`;
  for (let first = 0; first < corpus.length; first += 20) await api.act(tenant, review, { action: "comment", note: corpus.slice(first, first + 20).join("\n"), evidence: [{ kind: "link", locator: corpus[first], label: corpus[first] }] });
  for (let nth = 0; nth < 20; nth += 1) await api.call(`/workflow-studio/traces/words-${nth}/reviews`, tenant, { reason: corpus[nth * 10], title: corpus[nth * 10].slice(0, 190) });
  const { data } = await api.get("/workflow-studio/templates", tenant);
  const definition = { ...data.templates[0].definition, title: "<x-dg-injected>", description: corpus.slice(0, 5).join("\n") };
  await api.call("/admin/workflow-templates/words", tenant, { definition, reason: corpus[1] }, "PUT");
  await api.call("/admin/replays", tenant, { projection: "all", mode: "verify", reason: corpus[0] });
}

/** More of it in a trace that is open. */
fill.more = (api, tenant, trace, texts, key) => {
  const told = texts.map((text, nth) => event(trace, `${key}-${nth}`, "InputObserved", text, { ...about(text, "more")[0][1] }));
  told.push(event(trace, `${key}-last`, "InputObserved", `${key}-last`, about(`${key}-last`, "more")[0][1]));
  return send(api, tenant, told);
};

/** Waits until every exception became an item. */
async function items(api, tenant, count) {
  for (const end = Date.now() + 60000; ;) {
    const { data } = await api.get("/workflows?limit=1", tenant);
    if (data.summary.total_count >= count) return;
    if (Date.now() > end) throw new Error(`not ${count} items: ${JSON.stringify(data.summary)}`);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}
