// What the checks need of the HTTP API.

import { randomUUID } from "node:crypto";
import { secretsOf } from "./secrets.mjs";

export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  headers(tenant) {
    return { authorization: `Bearer ${this.token}`, "content-type": "application/json", ...(tenant ? { "x-tenant-id": tenant } : {}) };
  }

  async call(path, tenant, body, method = "POST") {
    const answer = await fetch(`${this.url}/api/v1${path}`, { method, headers: this.headers(tenant), body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    secretsOf(text, body);
    return JSON.parse(text);
  }

  get(path, tenant) {
    return this.call(path, tenant, undefined, "GET");
  }

  /** A tenant of its own for this run, so that no other data is touched. */
  async tenant() {
    const tenant = `browser-${randomUUID().slice(0, 8)}`;
    await this.call("/admin/tenants", null, { tenant_id: tenant });
    return tenant;
  }

  /** Another account, and what it may do; the answer is the API in its name. */
  async account(tenant, roles, permissions) {
    const account_id = `${roles[0]}-${randomUUID().slice(0, 8)}`;
    const made = await this.call("/admin/accounts", null, { account_id, roles, permissions, tenant_ids: [tenant] });
    const api = new Api(this.url, made.data.token.token);
    Object.assign(api, { account_id });
    return api;
  }

  /** Asks for an exception in a new trace; the answer is the name of the item that becomes of it. */
  async ask(tenant, trace, reason, priority = "high") {
    await this.start(tenant, trace, `Refund ${trace}`);
    await this.append(tenant, trace, "ExceptionRequested", { exception_id: "x", reason, priority, policy: { policy_id: "refund-limit", policy_version: "3" } });
    const workflow = `${trace}:exception:x`;
    for (const end = Date.now() + 30000; ;) {
      const answer = await fetch(`${this.url}/api/v1/workflows/${encodeURIComponent(workflow)}`, { headers: this.headers(tenant) });
      if (answer.ok) return workflow;
      if (answer.status !== 404 || Date.now() > end) throw new Error(`${workflow}: ${answer.status} ${await answer.text()}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  act(tenant, workflow, body) {
    return this.call(`/workflows/${encodeURIComponent(workflow)}/actions`, tenant, body);
  }

  append(tenant, trace, type, payload) {
    const id = randomUUID();
    return this.call("/events", tenant, {
      event_id: id, trace_id: trace, event_type: type, occurred_at: new Date().toISOString(),
      source: { producer_id: "browser-checks", system: "checks", subsystem: null },
      actor: { actor_type: "agent", actor_id: "checker" },
      correlation_id: null, causation_event_id: null, idempotency_key: id, schema_version: 1, tags: ["checks"], payload,
    });
  }

  start(tenant, trace, title) {
    const payload = { workflow: "browser_check", title, primary_entity: { entity_type: "order", entity_id: trace, system: "shop" } };
    return this.append(tenant, trace, "TraceStarted", payload);
  }

  read(tenant, trace, object) {
    const payload = { input_id: `input:${object}`, source: { system: "shop", object_type: "order", object_id: object },
      facts: [{ key: "amount", value: { type: "int", value: "42" }, as_of: null }] };
    return this.append(tenant, trace, "InputObserved", payload);
  }
}
