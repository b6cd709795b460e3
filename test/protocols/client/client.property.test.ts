/**
 * Property of the client: whatever is lost, repeated, late or forgotten between it and a city, each
 * transaction comes to exactly one end, nothing that it tells leads back, and it never offers other bytes.
 *
 * Method: a city of few words (it may accept, forget, commit, be silent) is driven by fast-check, beside the
 * client's own clock. It keeps its promises, or forgets them all, as a city that burnt down would.
 */
import { SOUND } from '#protocols/fate.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { Send, type Until } from '#protocols/client.messages.ts';
import {
  begin,
  invariants,
  step,
  type Client,
  type Hears,
  type Says,
  type Told,
} from '#protocols/client/client.ts';
import type { Effect, Signal } from '#protocols/effect.ts';
import { Told as LedgerTold } from '#protocols/ledger.messages.ts';
import { Accepted, Progress, Refused } from '#protocols/sending.messages.ts';
import { place } from '#protocols/subjects.ts';
import { txIdOf } from '#protocols/transaction.ts';
import { cases } from '#test/cases.ts';
import { moment } from '../moments.ts';
import { txOf } from '../sample.ts';

const city = place('asia.ishikawa.komatsu');
const { tx, txId } = txOf();
const key = hex(txId);
const WITHIN_MS = 20_000;

const WORDS = ['FRESH', 'POH_ACK', 'COMMITTED', 'REJECTED', 'REPAIR_REQ'] as const;
type State = (typeof WORDS)[number];

const progress = (state: State, acks = 0, known: 'yes' | 'no' = 'yes'): Progress =>
  Progress.of({
    txId,
    state,
    acks,
    needed: 25,
    rows: 42,
    cause: undefined,
    height: undefined,
    reason: undefined,
    known,
  });

/** What happens next at the other side, or on the way. */
const EVENT = fc.oneof(
  fc.record({
    do: fc.constant('answer' as const),
    with: fc.constantFrom('yes', 'refuse', 'busy', 'no'),
  }),
  fc.record({ do: fc.constant('lose' as const) }),
  fc.record({
    do: fc.constant('tell' as const),
    state: fc.constantFrom(...WORDS),
    acks: fc.nat(42),
  }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
);

class Stand {
  readonly told: Told[] = [];
  readonly offered = new Set<string>();
  state: Client;
  now = 0;
  #asks: Extract<Effect<Says>, { do: 'ask' }>[] = [];
  #wakes = new Map<string, number>();

  constructor() {
    const [state, effects] = begin({ city });
    this.state = state;
    this.#carry(effects);
  }

  hear(input: Hears | Signal): void {
    const [state, effects] = step({ city }, this.state, input, moment(this.now));
    this.state = state;
    invariants(state);
    this.told.push(...state.told.splice(0));
    this.#carry(effects);
  }

  #carry(effects: readonly Effect<Says>[]): void {
    for (const effect of effects) {
      if (effect.do === 'ask') this.#asks.push(effect);
      if (effect.do === 'wake') this.#wakes.set(effect.id, this.now + effect.inMs);
      if (effect.do === 'sleep') this.#wakes.delete(effect.id);
      if (effect.do === 'ask' && effect.message.kind === 'ingress.submit')
        this.offered.add(hex(txIdOf(effect.message.tx.cover.header)));
    }
  }

  answer(how: string): void {
    const asked = this.#asks.shift();
    if (asked === undefined) return;
    const message = answerTo(asked.message.kind, how);
    if (message === undefined) return this.hear({ kind: 'unanswered', id: asked.id, why: 'dead' });
    this.hear({ kind: 'answered', id: asked.id, message });
  }

  lose(): void {
    const asked = this.#asks.shift();
    if (asked !== undefined) this.hear({ kind: 'unanswered', id: asked.id, why: 'deadline' });
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = [...this.#wakes].toSorted(([, a], [, b]) => a - b)[0];
      if (due === undefined || due[1] > until) break;
      this.now = due[1];
      this.#wakes.delete(due[0]);
      this.hear({ kind: 'wake', id: due[0] });
    }
    this.now = until;
  }
}

function answerTo(kind: string, how: string) {
  if (kind === 'ingress.submit') {
    if (how === 'yes') return Accepted.of({ txId });
    return Refused.of({ reason: how === 'refuse' ? 'bad-signature' : 'busy' });
  }
  if (kind === 'ingress.follow') return progress('POH_ACK', 25, how === 'yes' ? 'yes' : 'no');
  if (kind === 'ledger.ask')
    return LedgerTold.of({
      txId,
      known: how === 'yes' ? 'ordered' : 'unknown',
      state: 'COMMITTED',
      cause: undefined,
      cover: undefined,
      manifest: undefined,
      cert: undefined,
      proof: undefined,
      quorum: undefined,
      expiresAt: undefined,
      fate: SOUND,
    });
  return undefined;
}

const RANK: Readonly<Record<string, number>> = {
  FRESH: 0,
  REPAIR_REQ: 0,
  POH_ACK: 1,
  COMMITTED: 2,
  REJECTED: 3,
};

function isEnd(told: Told, until: Until): boolean {
  if (told.what === 'refused' || told.what === 'unknown') return true;
  if (told.what === 'accepted') return until === 'accepted';
  const rank = told.what === 'progress' ? RANK[told.word.state]! : 0;
  return rank >= (until === 'COMMITTED' ? 2 : 1);
}

describe('a client', () => {
  it('brings each transaction to exactly one end, and never tells what leads back', () => {
    const untils = fc.constantFrom<Until>('accepted', 'POH_ACK', 'COMMITTED');
    fc.assert(
      fc.property(untils, fc.array(EVENT, { maxLength: 40 }), (until, events) => {
        const stand = new Stand();
        stand.hear(Send.of({ tx, until, withinMs: WITHIN_MS }));
        for (const event of events) {
          if (event.do === 'answer') stand.answer(event.with);
          else if (event.do === 'lose') stand.lose();
          else if (event.do === 'pass') stand.pass(event.ms);
          else stand.hear(progress(event.state, event.acks));
        }
        stand.pass(WITHIN_MS + 1_000);
        const ends = stand.told.filter((told) => isEnd(told, until));
        expect(ends.length).toBe(1);
        expect(stand.told.at(-1)).toBe(ends[0]);
        expect(stand.state.sent.size).toBe(0);
        expect([...stand.offered]).toEqual([key]);
        const ranks = stand.told.flatMap((told) =>
          told.what === 'progress' ? [RANK[told.word.state]!] : [],
        );
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        expect(stand.told.filter(({ what }) => what === 'accepted').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: cases(400) },
    );
  });

  it('finds by itself what was committed while nobody told it', () => {
    const stand = new Stand();
    stand.lose();
    stand.hear(Send.of({ tx, until: 'COMMITTED', withinMs: WITHIN_MS }));
    stand.answer('yes');
    stand.pass(4_000);
    for (let asked = 0; asked < 3; asked++) stand.answer(asked === 0 ? 'no' : 'yes');
    stand.pass(4_000);
    for (let asked = 0; asked < 4; asked++) stand.answer('no');
    stand.answer('yes');
    expect(stand.told.map((told) => told.what)).toContain('progress');
  });
});
