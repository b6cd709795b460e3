/** Wanting a proof: asked for until it goes as far up as it is wanted, or the time is over; with all hand-overs that it takes. */
import { describe, expect, it } from 'vitest';
import type { Effect, Signal } from '#protocols/effect.ts';
import { HandedOver, type AskHandovers } from '#protocols/ledger.messages.ts';
import { HANDOVERS_MAX, type Bundle, type Rooted } from '#protocols/proof/bundle.ts';
import {
  begin,
  step,
  type Outcome,
  type WantHears,
  type Wanting,
  type WantSays,
  type Wish,
} from '#protocols/proof/want.ts';
import { verify } from '#protocols/proof/verify.ts';
import { ProofTold, type Unproved } from '#protocols/proof.messages.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { moment } from '../moments.ts';
import { KOMATSU } from '../sample.ts';
import { bundleOf, WORLD } from './network.ts';

await offerCityBackends();

const { globe, continent, municipality, ...CITY } = bundleOf();
const NONE = { municipality: undefined, continent: undefined, globe: undefined };
const ID = CITY.city.outcome.txId;
type Answer = Partial<Bundle> | Unproved | undefined;
/** What travels of a bundle. */
const rootedOf = (bundle: Partial<Bundle>): Rooted => {
  const { subject, city, municipality: m, continent: c, globe: g } = bundle as Bundle;
  return { subject, city, municipality: m, continent: c, globe: g };
};

/** What it comes to, with these answers, one each half second. */
function outcome(upTo: Wish['upTo'], answers: readonly Answer[]): Outcome | undefined {
  const [state] = begin({ city: KOMATSU, id: ID, upTo, withinMs: 2_000 }, moment(0));
  for (const [i, answer] of answers.entries()) {
    const at = moment(500 * i);
    const told = typeof answer === 'string' ? { why: answer } : { proof: rootedOf(answer ?? {}) };
    const signal =
      answer === undefined
        ? ({ kind: 'unanswered', id: 'proof', why: 'deadline' } as const)
        : ({ kind: 'answered', id: 'proof', message: ProofTold.of({ id: ID, ...told }) } as const);
    const [, looks] = step(state, signal, at);
    if (looks.length > 0) expect(step(state, { kind: 'wake', id: 'look' }, at)[1]).toHaveLength(1);
  }
  if (state.outcome === undefined) step(state, { kind: 'wake', id: 'over' }, moment(2_000));
  return state.outcome;
}

describe('a wish', () => {
  it('is met by what goes far enough, and not before', () => {
    const two = { ...CITY, municipality };
    const one = { ...CITY, ...NONE };
    expect(outcome('city', [undefined, 'waits', CITY])).toEqual({ bundle: one });
    expect(outcome('municipality', [CITY, 'busy', two, CITY])).toMatchObject({ bundle: two });
    expect(outcome('globe', [two, { ...two, continent, globe }])).toMatchObject({
      bundle: { globe },
    });
  });

  it('ends with the best there was, or with why there is nothing', () => {
    const two = { ...CITY, municipality };
    expect(outcome('globe', [CITY, two, CITY])).toMatchObject({ bundle: two });
    expect(outcome('globe', ['waits', 'waits'])).toEqual({ why: 'waits' });
    expect(outcome('globe', [undefined])).toEqual({ why: undefined });
    expect(outcome('globe', ['unknown', CITY])).toEqual({ why: 'unknown' });
    expect(outcome('globe', ['idle', CITY])).toEqual({ why: 'idle' });
  });

  it('is not met by a proof of something else, however true', () => {
    const entry = { ...CITY.city.entry, txId: new Uint8Array(32) };
    const other = { ...CITY, city: { ...CITY.city, entry } };
    expect(outcome('city', [other])).toEqual({ why: undefined });
    expect(outcome('city', [other, CITY])).toEqual({ bundle: { ...CITY, ...NONE } });
  });

  it('outlives answers to another question', () => {
    const { txId: id } = OLD.city.entry;
    const [state] = begin({ city: KOMATSU, id, upTo: 'city', withinMs: 60_000 }, moment(0));
    const hears = (id: string, message: WantHears) =>
      step(state, { kind: 'answered', id, message }, moment(1))[1];
    const proof = ProofTold.of({ id, proof: rootedOf(OLD) });
    const handed = HandedOver.of({ handovers: OLD.handovers });
    expect(hears('proof', handed)).toMatchObject([{ do: 'wake', id: 'look' }]);
    expect(hears('proof', proof)).toMatchObject([{ do: 'ask', id: 'page' }]);
    expect(hears('page', proof)).toMatchObject([{ do: 'wake', id: 'page' }]);
    hears('page', handed);
    expect(state.outcome).toEqual({ bundle: OLD });
  });
});

const EPOCHS = 40;
const OLD = bundleOf({ epochs: EPOCHS, height: 100 });
const PAGE = 7;

/** A city in that epoch, of which some answers to a wish are these. */
class City {
  readonly #state: Wanting;
  #now = 0;
  #effects: Effect<WantSays>[];
  asked = 0;

  constructor(
    proof: Rooted,
    pages: (epoch: number) => HandedOver | undefined,
    upTo: Wish['upTo'] = 'globe',
  ) {
    const { txId: id } = proof.city.entry;
    const [state, effects] = begin({ city: KOMATSU, id, upTo, withinMs: 60_000 }, moment(0));
    [this.#state, this.#effects] = [state, [...effects]];
    while (state.outcome === undefined && this.#now < 60_000) {
      this.#now += 500;
      for (const effect of this.#effects.splice(0)) this.#carryOut(effect, proof, pages);
    }
    if (state.outcome === undefined) this.#hear({ kind: 'wake', id: 'over' });
  }

  get outcome(): Outcome | undefined {
    return this.#state.outcome;
  }

  #carryOut(
    effect: Effect<WantSays>,
    proof: Rooted,
    pages: (epoch: number) => HandedOver | undefined,
  ) {
    if (effect.do === 'wake' && effect.id !== 'over') this.#hear({ kind: 'wake', id: effect.id });
    if (effect.do !== 'ask') return;
    const { id, message } = effect;
    this.asked++;
    const said =
      message.kind === 'proof.ask'
        ? ProofTold.of({ id: ID, proof })
        : pages((message as AskHandovers).epoch);
    if (said === undefined) this.#hear({ kind: 'unanswered', id, why: 'deadline' });
    else this.#hear({ kind: 'answered', id, message: said });
  }

  #hear(input: Signal): void {
    const [, effects] = step(this.#state, input, moment(this.#now));
    this.#effects = [...this.#effects, ...effects];
  }
}

const pageFrom = (epoch: number): HandedOver =>
  HandedOver.of({ handovers: OLD.handovers.slice(epoch - 1, epoch - 1 + PAGE) });

describe('hand-overs', () => {
  it('are asked for page after page, however many there are', () => {
    const { outcome: made, asked } = new City(rootedOf(OLD), pageFrom);
    expect(made).toEqual({ bundle: OLD });
    expect(verify(OLD, WORLD)).toMatchObject({ ok: true, value: { upTo: 'globe' } });
    expect(asked).toBe(1 + Math.ceil(EPOCHS / PAGE));
  });

  it('are asked for again where a ledger is silent, behind, or gives what does not follow', () => {
    let turn = 0;
    const { outcome: made } = new City(rootedOf(OLD), (epoch) => {
      const turns = [undefined, HandedOver.of({ handovers: [] }), pageFrom(epoch + 1)];
      return turn < turns.length ? turns[turn++] : pageFrom(epoch);
    });
    expect(made).toEqual({ bundle: OLD });
  });

  it('are part of what is wanted: without them there is no bundle', () => {
    const { outcome: made } = new City(rootedOf(OLD), () => HandedOver.of({ handovers: [] }));
    expect(made).toEqual({ why: 'busy' });
  });

  it('are refused where there are more than a bundle may have', () => {
    const next = { ...OLD.city.next, epoch: HANDOVERS_MAX + 1 };
    const { outcome: made } = new City(rootedOf({ ...OLD, city: { ...OLD.city, next } }), pageFrom);
    expect(made).toEqual({ why: 'too-long' });
  });
});
