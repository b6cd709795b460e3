/** The groups of the threshold schemes on every backend, for suites that run once on each. */
import { backendsOf, choose } from '#algorithms/backend.ts';
import type { HashingGroup, Pairing, Ristretto } from '#algorithms/threshold/group.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { RISTRETTO } from '#algorithms/threshold/ristretto.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();

export interface Named<T> {
  readonly name: string;
  readonly made: T;
}

function eachOf<T>({ name, use }: { readonly name: string; readonly use: () => T }): Named<T>[] {
  const made = backendsOf(name).map((backend) => {
    choose(name, backend);
    return { name: backend, made: use() };
  });
  choose(name, 'auto');
  return made;
}

export const PAIRINGS: readonly Named<Pairing>[] = eachOf(PAIRING);
export const RISTRETTOS: readonly Named<HashingGroup<Ristretto>>[] = eachOf(RISTRETTO);
export const FAST = { pairing: PAIRINGS[0]!.made, ristretto: RISTRETTOS[0]!.made };
