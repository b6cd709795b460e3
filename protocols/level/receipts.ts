/**
 * The receipt: to the city at once that a continent has what its municipality sealed on its disk, and will order it. Its
 * delegates count who says so (rooting/); it is no proof, and is not said again.
 */
import { send } from '../effect.ts';
import { Receipt, type Item } from '../level.messages.ts';
import type { DelegateState, Effects } from './state.ts';

/** Of an offer that is verified: leaves when it is on the disk. */
export function receipts({ self }: DelegateState, item: Item): Effects {
  if (item.is !== 'sealed') return [];
  const { name, id, cities } = item.sealed.batch;
  const below = self.level.below.find((each) => each.name === name);
  return cities
    .flatMap(({ city }) => below?.watching?.(city) ?? [])
    .map((to) => send(to, Receipt.of({ name, id })));
}
