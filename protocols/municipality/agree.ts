/** The agreements on one batch: one for each city and each span of it that is tried (SPANS). */
import { assert } from '#lib/assert.ts';
import * as abba from '../abba/abba.ts';
import { compute } from '../effect.ts';
import { accuseOfWords } from './accuse.ts';
import { topOf } from './cities.ts';
import { openCoinOf } from './epochs.ts';
import { instanceName, SPANS, type Effects, type Member } from './state.ts';

export function setupOf(member: Member, instance: number): abba.Setup {
  const { weights, seats, own, municipality } = member;
  const open =
    municipality.coin === undefined ? openCoinOf(instanceName(member, instance)) : undefined;
  return { weights, seats, own, open };
}

export const instancesOf = (member: Member): abba.Abba[] =>
  Array.from({ length: member.cities.length * SPANS.length }, (_, instance) =>
    abba.begin(setupOf(member, instance)),
  );

/** The city of an instance, and the height that it is about. */
function heightOf(
  { cities }: Member,
  instance: number,
): { readonly city: number; readonly to: number } {
  const city = Math.floor(instance / SPANS.length);
  return { city, to: cities[city]!.height + SPANS[instance % SPANS.length]! };
}

/** Each proposes what it has. Begun once for a batch, with whatever a former life had said. */
export function beginBatch(member: Member): Effects {
  if (member.instances.length === 0) member.instances = instancesOf(member);
  return member.instances.flatMap((each, instance) => {
    if (each.est !== undefined || each.decided !== undefined) return [];
    const { city, to } = heightOf(member, instance);
    const value = topOf(member.cities[city]!) >= to ? 1 : 0;
    return stepOne(member, instance, { is: 'propose', value });
  });
}

export function stepOne(member: Member, instance: number, event: abba.Event): Effects {
  const [, acts] = abba.step(member.instances[instance]!, event);
  return acts.flatMap((act) => carryOut(member, instance, act));
}

export function carryOut(member: Member, instance: number, act: abba.Act): Effects {
  const { self, id, seats } = member;
  const { epoch, coin: keys } = member.municipality;
  const which = (round: number) => ({ epoch, instance: instanceName(member, instance), round });
  switch (act.act) {
    case 'say':
      member.fresh.push({ instance, word: act.word });
      member.hasMoved = true;
      return [];
    case 'toss':
      return [
        compute(`toss/${id}/${instance}/${act.round}`, 'abba.shares', {
          ...which(act.round),
          secrets: self.coin,
        }),
      ];
    case 'combine': {
      assert(keys !== undefined, 'nobody tosses a coin without keys');
      self.probe.sometimes('municipality: a coin was tossed');
      const shares = [...act.shares].map(([seat, share]) => ({ seat, share }));
      const input = {
        ...which(act.round),
        keys,
        seats: seats.count,
        threshold: seats.threshold,
        shares,
      };
      return [compute(`coin/${id}/${instance}/${act.round}`, 'abba.tossed', input)];
    }
    case 'accuse':
      return accuseOfWords(member, act.member);
    default:
      // Whoever still asks is told at the next tick; what is refused is of no use.
      return [];
  }
}
