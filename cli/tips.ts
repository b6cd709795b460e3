/** How far each delegate and anchor knows the order of its city to be: what it says itself. */
import { catalogue } from '#protocols/codec.ts';
import { place, type NodeAddress } from '#protocols/subjects.ts';
import { AskTip, TipTold } from '#protocols/tip.messages.ts';
import { tipOf } from '#protocols/tip/tip.ts';
import { askEach } from './ask-city.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

/** 0: nothing is ordered yet, as far as it knows. Not there: no answer. */
export type Heights = ReadonlyMap<NodeAddress, number>;

export async function heightsOf(
  city: Whereabouts,
  nodes: readonly NodeAddress[],
): Promise<Heights> {
  const told = await askEach(
    {
      url: urlOf(city),
      city: place(cityOf(city)),
      message: AskTip.of({}),
      hears: catalogue(TipTold),
      says: catalogue(AskTip),
    },
    nodes.map(tipOf),
  );
  return new Map(
    nodes.flatMap((node, i) => {
      const answer = told[i];
      return answer === undefined ? [] : [[node, answer.tip?.head.height ?? 0] as const];
    }),
  );
}
