// Every screen: its name for checks and pictures, its path behind the tenant of the demonstration, and what it shows when it is there.

export const SCREENS = [
  { name: "overview", path: "", shows: ".tiles" },
  { name: "list", path: "/traces", shows: "#traces tbody tr" },
  { name: "trace", path: "/traces/trace-precedent-renewal-001", shows: "#timeline > li" },
  { name: "inbox", path: "/inbox", shows: "#inbox tbody tr" },
  { name: "review", path: "/reviews/trace-live-renewal-002:exception:ex-live-renewal-002", shows: "#actions li" },
  { name: "studio", path: "/studio?trace_id=trace-incident-review-003", shows: "#templates li" },
  { name: "notifications", path: "/notifications", shows: "#notifications, #empty" },
  { name: "audit", path: "/audit", shows: "#audit tbody tr" },
  { name: "trace-policy", path: "/traces/trace-precedent-renewal-001?tab=policy", shows: "#decision-path > li" },
  { name: "trace-graph", path: "/traces/trace-precedent-renewal-001?tab=graph", shows: "#graph" },
  { name: "trace-precedents", path: "/traces/trace-precedent-renewal-001?tab=precedents", shows: "#by-policy" },
  { name: "trace-review", path: "/traces/trace-precedent-renewal-001?tab=review", shows: "#reviews li" },
  { name: "trace-raw", path: "/traces/trace-precedent-renewal-001?tab=raw", shows: "#raw" },
  { name: "graph-begin", path: "/graph", shows: "#begin" },
  { name: "graph", path: "/graph?node=trace:trace-precedent-renewal-001&path_to=trace:trace-incident-review-003", shows: "#graph" },
  { name: "graph-rings", path: "/graph?node=policy:discount-cap:2026.03&layout=rings&depth=3&sel=trace:trace-incident-review-003", shows: "#graph" },
  { name: "graph-table", path: "/graph?node=trace:trace-precedent-renewal-001&view=table", shows: "#nodes tbody tr" },
  { name: "precedents", path: "/precedents?policy=discount-cap", shows: "#precedents tbody tr" },
  { name: "compare", path: "/compare?a=trace-precedent-renewal-001&b=trace-incident-review-003", shows: "#facts tbody tr" },
];
