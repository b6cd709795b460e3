/** Whom a client asks first: the ingress of the delegate that will place its transaction, then anybody. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { Send } from '#protocols/client.messages.ts';
import { begin, step, type Client } from '#protocols/client/client.ts';
import type { Infer } from '#protocols/codec.ts';
import type { Signal } from '#protocols/effect.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { provers, rankedDelegates } from '#protocols/provers.ts';
import { AboutCity, Refused, type IngressReason } from '#protocols/sending.messages.ts';
import { address, anyOf, place } from '#protocols/subjects.ts';
import { moment, woken } from '../moments.ts';
import { cityOf, txOf } from '../sample.ts';

const { genesis } = cityOf();
const city = genesis.place;
const { tx, txId } = txOf();
const key = hex(txId);
const anybody = anyOf(city, 'ingress');
const nearest = address(provers(genesis, txId)[0]!.node, 'ingress');
const LOOK_MS = 500;

function told(of: Genesis | undefined): Client {
  const [state] = begin({ city });
  if (of !== undefined) {
    const message = AboutCity.of({ genesis: of });
    step({ city }, state, { kind: 'answered', id: 'city', message }, moment());
  }
  return state;
}

function asked(state: Client, input: Send | Signal, now = 0) {
  const [, effects] = step({ city }, state, input, moment(now));
  return effects.flatMap((effect) => (effect.do === 'ask' ? [effect.to] : []));
}

const drainTold = (state: Client): string[] => state.told.splice(0).map(({ what }) => what);

const refusedAs = (reason: IngressReason): Signal => ({
  kind: 'answered',
  id: key,
  message: Refused.of({ reason }),
});

const send = Send.of({ tx, until: 'COMMITTED', withinMs: 60_000 });

describe('a client', () => {
  it('asks whoever is there, before it knows the city', () => {
    expect(asked(told(undefined), send)).toEqual([anybody]);
  });

  it('asks the ingress of the delegate that will place its transaction', () => {
    expect(asked(told(genesis), send)).toEqual([nearest]);
  });

  it.each([
    ['is silent', { kind: 'unanswered', id: key, why: 'deadline' }],
    ['is busy', refusedAs('busy')],
  ] satisfies [string, Signal][])('asks anybody once that one %s', (_, signal) => {
    const state = told(genesis);
    asked(state, send);
    asked(state, signal, 1);
    expect(asked(state, woken(key), LOOK_MS)).toEqual([anybody]);
  });

  it.each(['expired', 'from-the-future'] as const)(
    'believes that it is %s when more than a third of the delegates say so, each asked once',
    (reason) => {
      const state = told(genesis);
      const whom = asked(state, send);
      const says = refusedAs(reason);
      const needed = Math.floor(genesis.delegates.length / 3) + 1;
      for (let i = 1; i < needed; i++) {
        asked(state, says, i * LOOK_MS);
        expect(drainTold(state)).not.toContain('refused');
        whom.push(...asked(state, woken(key), i * LOOK_MS));
      }
      expect(whom).toEqual(
        rankedDelegates(genesis, txId)
          .slice(0, needed)
          .map(({ node }) => address(node, 'ingress')),
      );
      asked(state, says, needed * LOOK_MS);
      expect(drainTold(state)).toContain('refused');
    },
  );

  it('goes by the stake of those who say so, and not by their number', () => {
    const ranked = rankedDelegates(genesis, txId);
    const { node: last } = ranked.at(-1)!;
    const delegates = genesis.delegates.map((each) => ({
      ...each,
      stake: each.node === last ? 100n : 10n,
    }));
    const state = told({ ...genesis, delegates });
    asked(state, send);
    for (const _ of ranked) {
      expect(drainTold(state)).not.toContain('refused');
      asked(state, refusedAs('expired'));
      asked(state, woken(key));
    }
    expect(drainTold(state)).toContain('refused');
  });

  it('asks the next one of its time where one is busy', () => {
    const state = told(genesis);
    asked(state, send);
    const whom = (['expired', 'busy'] as const).flatMap((reason) => {
      asked(state, refusedAs(reason));
      return asked(state, woken(key));
    });
    const ranked = rankedDelegates(genesis, txId).map(({ node }) => address(node, 'ingress'));
    expect(whom).toEqual(ranked.slice(1, 3));
  });

  it.each([
    ['has nobody on its list', { ...genesis, delegates: [] }],
    [
      'has a delegate on it twice',
      { ...genesis, delegates: [...genesis.delegates, genesis.delegates[0]!] },
    ],
    ['is another one', { ...genesis, place: place('asia.tokyo.chiyoda') }],
  ])('is not led by a city that %s, and asks somebody else for it', (_, of) => {
    const state = told(of);
    expect(asked(state, send)).toEqual([anybody]);
    expect(drainTold(state)).toEqual([]);
    expect(asked(state, woken('city'), LOOK_MS)).toEqual([anybody]);
  });

  it('outlives answers to another question', () => {
    const [state] = begin({ city });
    const hears = (id: string, message: Infer<typeof AboutCity | typeof Refused>) =>
      step({ city }, state, { kind: 'answered', id, message }, moment())[1];
    expect(hears('city', Refused.of({ reason: 'busy' }))).toMatchObject([{ do: 'wake' }]);
    asked(state, send);
    hears(key, AboutCity.of({ genesis }));
    expect(drainTold(state)).toEqual([]);
    expect(asked(state, woken(key), LOOK_MS)).toEqual([anybody]);
  });
});
