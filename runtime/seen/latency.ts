/** Edges on the budgets: 30 ms there and back in a region, 50 for an answer there, 80 a layer, 450 to the sender, 800 for all. Seconds. */
export const LATENCY_EDGES = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.03, 0.04, 0.05, 0.08, 0.1, 0.2, 0.3, 0.45, 0.8, 2, 5, 30,
];
