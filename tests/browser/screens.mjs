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
  { name: "events", path: "/events", shows: "#log > li" },
  { name: "projections", path: "/projections", shows: "#health tbody tr" },
  { name: "digests", path: "/digests?now=1", shows: "#digests-now" },
  { name: "failures", path: "/failures", shows: "#failures, #empty, .forbidden" },
  { name: "replays", path: "/replays", shows: "#choose" },
  { name: "rebuild", path: "/replays?do=rebuild&of=all", shows: "#do" },
];
