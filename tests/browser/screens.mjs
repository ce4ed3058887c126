// Every screen: its name for checks and pictures, its path behind the tenant of the demonstration, and what it shows when it is there.

export const SCREENS = [
  { name: "list", path: "/traces", shows: "#traces tbody tr" },
  { name: "trace", path: "/traces/trace-precedent-renewal-001", shows: "#timeline > li" },
];
