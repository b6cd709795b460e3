/**
 * Probes: how a handler lets itself be disturbed, and says where it has been. Handed in with the
 * options of whoever has such a place; nothing here is global, and in production nothing of it happens.
 *
 *   if (probe.buggify('ring.answer-lost')) return [state, NOTHING];
 *   probe.sometimes('a lock outlived its asker');
 */
export interface Probe {
  /** True: do the awkward but allowed thing here. Each place has its own odds, drawn from the seed. */
  readonly buggify: (place: string) => boolean;
  /** An interesting state was reached. A set of runs in which it never was has tested too little. */
  readonly sometimes: (what: string) => void;
}

export const NO_PROBE: Probe = { buggify: () => false, sometimes: () => undefined };
