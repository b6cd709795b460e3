/**
 * Choosing under constraints by walking a ranking: whoever would break one is passed over. At most
 * so many of an operator, so many on each continent: each is a label of a node, and the most that
 * may share it.
 *
 * Deterministic, and disturbs little: when a passed-over node goes, nothing changes; when a chosen
 * one goes, somebody takes its place and, where labels are shared, a few others may follow.
 *
 * The walk is greedy. Where labels nest (an operator within one continent) it finds as many nodes as
 * there are to be found; where they cross it may fall short although another choice would not. It
 * then says so: candidates far outnumber places, and a caller who falls short loosens a constraint.
 */
export interface Constraint {
  readonly labelOf: (node: number) => string;
  /** How many nodes with this label may be chosen; 0 forbids it. */
  readonly mostOf: (label: string) => number;
}

export type Choice =
  | { readonly kind: 'full'; readonly chosen: readonly number[] }
  | { readonly kind: 'short'; readonly chosen: readonly number[]; readonly missing: number };

/** At most `most` nodes for each label. */
export const atMost = (most: number, labelOf: (node: number) => string): Constraint => ({
  labelOf,
  mostOf: () => most,
});

/** As many for each label as its quota says, and none for a label without one. */
export const quotas = (
  most: ReadonlyMap<string, number>,
  labelOf: (node: number) => string,
): Constraint => ({ labelOf, mostOf: (label) => most.get(label) ?? 0 });

/** The first `count` nodes of the ranking that keep every constraint, in its order. */
export function chooseWithin(
  ranking: Iterable<number>,
  count: number,
  constraints: readonly Constraint[],
): Choice {
  const tallies = constraints.map(() => new Map<string, number>());
  const chosen: number[] = [];
  if (count === 0) return { kind: 'full', chosen };
  for (const node of ranking) {
    const labels = constraints.map(({ labelOf }) => labelOf(node));
    const taken = labels.map((label, i) => tallies[i]!.get(label) ?? 0);
    if (!constraints.every(({ mostOf }, i) => taken[i]! < mostOf(labels[i]!))) continue;
    for (const [i, label] of labels.entries()) tallies[i]!.set(label, taken[i]! + 1);
    if (chosen.push(node) === count) return { kind: 'full', chosen };
  }
  return { kind: 'short', chosen, missing: count - chosen.length };
}
