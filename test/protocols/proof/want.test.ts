/** Wanting a proof: asked for until it goes as far up as it is wanted, or the time is over; with all hand-overs that it takes. */
import { describe, expect, it } from 'vitest';
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import type { Effect, Plain, Signal } from '#protocols/effect.ts';
import { AskHandovers, HandedOver } from '#protocols/ledger.messages.ts';
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
import { SealersTold } from '#protocols/municipality.messages.ts';
import { ProofTold, type Unproved } from '#protocols/proof.messages.ts';
import { rankedDelegates } from '#protocols/provers.ts';
import { nodeOf, type NodeAddress } from '#protocols/subjects.ts';
import { genesisOf } from '#protocols/world.ts';
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

const GENESIS = genesisOf(WORLD, KOMATSU)!;
const N = GENESIS.delegates.length;
const wishFor = (id: Uint8Array, upTo: Wish['upTo'], withinMs: number): Wish => ({
  genesis: GENESIS,
  id,
  upTo,
  withinMs,
});

/** What a wish does, jobs done at once. */
function steps(state: Wanting, input: Signal, nowMs: number): readonly Effect<WantSays>[] {
  const [, effects] = step(state, input, moment(nowMs));
  return effects.flatMap((each) => {
    if (each.do !== 'compute') return [each];
    const output = verifyMany(each.input as unknown as readonly VerifyJob[]) as unknown as Plain;
    return steps(state, { kind: 'computed', id: each.id, output }, nowMs);
  });
}

/** What it comes to, with these answers, one each half second, of one delegate after another. */
function outcome(upTo: Wish['upTo'], answers: readonly Answer[]): Outcome | undefined {
  const [state] = begin(wishFor(ID, upTo, 4_000), moment(0));
  for (const [i, answer] of answers.entries()) {
    const id = `proof/${i % N}`;
    const told = typeof answer === 'string' ? { why: answer } : { proof: rootedOf(answer ?? {}) };
    const signal =
      answer === undefined
        ? ({ kind: 'unanswered', id, why: 'deadline' } as const)
        : ({ kind: 'answered', id, message: ProofTold.of({ id: ID, ...told }) } as const);
    const looks = steps(state, signal, 500 * i);
    if (state.outcome === undefined && looks.some((each) => each.do === 'wake'))
      expect(step(state, { kind: 'wake', id: 'look' }, moment(500 * i))[1]).toHaveLength(1);
  }
  if (state.outcome === undefined) step(state, { kind: 'wake', id: 'over' }, moment(4_000));
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
    expect(outcome('globe', ['unknown', 'unknown', CITY])).toEqual({ why: 'unknown' });
    expect(outcome('globe', ['idle', 'waits', 'idle', CITY])).toEqual({ why: 'idle' });
  });

  it('does not end by one delegate’s word that there is nothing', () => {
    expect(outcome('city', ['unknown', CITY])).toEqual({ bundle: { ...CITY, ...NONE } });
    expect(outcome('city', ['idle', undefined, CITY])).toEqual({ bundle: { ...CITY, ...NONE } });
    // Nor by the same one’s, said twice.
    const again = ['unknown', 'waits', 'waits', 'waits', 'unknown', CITY] as const;
    expect(outcome('city', again)).toEqual({ bundle: { ...CITY, ...NONE } });
  });

  it('is not met by what does not stand, and not kept from what does', () => {
    const { city } = CITY;
    const [vote, ...votes] = city.quorum.votes;
    const forged = { ...vote!, signature: vote!.signature.map((b) => b ^ 1) };
    const ofAnother = { ...CITY, city: { ...city, next: { ...city.next, epoch: 900 } } };
    const unsigned = { ...CITY, city: { ...city, quorum: { votes: [forged, ...votes] } } };
    for (const lie of [ofAnother, unsigned]) {
      expect(outcome('city', [lie, CITY])).toEqual({ bundle: { ...CITY, ...NONE } });
      expect(outcome('city', [lie])).not.toHaveProperty('bundle');
    }
    // What waits for hand-overs may stand yet, whoever knows nothing of it.
    expect(outcome('city', [ofAnother, 'unknown', 'unknown'])).toEqual({ why: 'unknown' });
    expect(outcome('city', [ofAnother, 'unknown', 'unknown', CITY])).toHaveProperty('bundle');
  });

  it('is not met by a proof of something else, however true', () => {
    const entry = { ...CITY.city.entry, txId: new Uint8Array(32) };
    const other = { ...CITY, city: { ...CITY.city, entry } };
    expect(outcome('city', [other])).toEqual({ why: undefined });
    expect(outcome('city', [other, CITY])).toEqual({ bundle: { ...CITY, ...NONE } });
  });

  it('outlives answers to another question', () => {
    const { txId: id } = OLD.city.entry;
    const [state] = begin(wishFor(id, 'city', 60_000), moment(0));
    const hears = (id: string, message: WantHears) =>
      steps(state, { kind: 'answered', id, message }, 1);
    const proof = ProofTold.of({ id, proof: rootedOf(OLD) });
    const handed = HandedOver.of({ handovers: OLD.handovers });
    expect(hears('proof/0', handed)).toMatchObject([{ do: 'wake', id: 'look' }]);
    expect(hears('proof/1', proof)).toMatchObject([{ id: 'look' }, { do: 'ask', id: 'page' }]);
    expect(hears('page', proof)).toMatchObject([{ do: 'wake', id: 'page' }]);
    hears('page', handed);
    expect(state.outcome).toEqual({ bundle: OLD });
  });
});

const EPOCHS = 40;
const OLD = bundleOf({ epochs: EPOCHS, height: 100 });
const PAGE = 7;

const BOTH = bundleOf({ epochs: 2, sealings: 3 });

/** A city in that epoch, of which some answers to a wish are these. */
class City {
  readonly #state: Wanting;
  #now = 0;
  #effects: Effect<WantSays>[];
  readonly asked: string[] = [];

  constructor(proof: Rooted, pages: Pages, upTo: Wish['upTo'] = 'globe') {
    const [state, effects] = begin(wishFor(proof.city.entry.txId, upTo, 60_000), moment(0));
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

  #carryOut(effect: Effect<WantSays>, proof: Rooted, pages: Pages): void {
    if (effect.do === 'wake' && effect.id !== 'over') this.#hear({ kind: 'wake', id: effect.id });
    if (effect.do !== 'ask') return;
    const { id, to, message } = effect;
    this.asked.push(message.kind);
    const said =
      message.kind === 'proof.ask'
        ? ProofTold.of({ id: ID, proof })
        : pages((message as AskHandovers).epoch, nodeOf(to), message.kind);
    if (said === undefined) this.#hear({ kind: 'unanswered', id, why: 'deadline' });
    else this.#hear({ kind: 'answered', id, message: said });
  }

  #hear(input: Signal): void {
    this.#effects = [...this.#effects, ...steps(this.#state, input, this.#now)];
  }
}

type Pages = (epoch: number, of: NodeAddress, kind: string) => WantHears | undefined;
const pageFrom = (epoch: number): HandedOver =>
  HandedOver.of({ handovers: OLD.handovers.slice(epoch - 1, epoch - 1 + PAGE) });

function spoiltAt(at: number, { handovers }: HandedOver): HandedOver {
  const { head, quorum } = handovers[at]!;
  const [vote, ...votes] = quorum.votes;
  const forged = { ...vote!, signature: vote!.signature.map((b) => b ^ 1) };
  return HandedOver.of({
    handovers: handovers.with(at, { head, quorum: { votes: [forged, ...votes] } }),
  });
}

describe('hand-overs', () => {
  it('are asked for page after page, however many there are', () => {
    const { outcome: made, asked } = new City(rootedOf(OLD), pageFrom);
    expect(made).toEqual({ bundle: OLD });
    expect(verify(OLD, WORLD)).toMatchObject({ ok: true, value: { upTo: 'globe' } });
    const pages = asked.filter((kind) => kind === AskHandovers.kind);
    expect(pages).toHaveLength(Math.ceil(EPOCHS / PAGE));
  });

  it('are asked for again where a ledger is silent, behind, or gives what does not follow', () => {
    let turn = 0;
    const { outcome: made } = new City(rootedOf(OLD), (epoch) => {
      const turns = [undefined, HandedOver.of({ handovers: [] }), pageFrom(epoch + 1)];
      return turn < turns.length ? turns[turn++] : pageFrom(epoch);
    });
    expect(made).toEqual({ bundle: OLD });
  });

  it('are verified one by one, and another ledger is asked where one does not stand', () => {
    const [liar] = rankedDelegates(GENESIS, OLD.city.entry.txId);
    const { outcome: made, asked } = new City(rootedOf(OLD), (epoch, of) => {
      const spoilt = of === liar!.node ? [3, 0][[1, 4].indexOf(epoch)] : undefined;
      return spoilt === undefined ? pageFrom(epoch) : spoiltAt(spoilt, pageFrom(epoch));
    });
    // Three stand of the first page, none of the second.
    const pages = asked.filter((kind) => kind === AskHandovers.kind);
    expect(pages).toHaveLength(2 + Math.ceil((EPOCHS - 3) / PAGE));
    expect(made).toEqual({ bundle: OLD });
  });

  it('of the municipality are asked of whoever gave the proof, page after page', () => {
    const { sealers } = BOTH;
    const epochs: number[] = [];
    const { outcome: made } = new City(rootedOf(BOTH), (epoch, _, kind) => {
      if (kind === 'ledger.handovers') return HandedOver.of({ handovers: BOTH.handovers });
      epochs.push(epoch);
      return SealersTold.of({ handovers: sealers.slice(epoch - 1, epoch + 1) });
    });
    expect(made).toEqual({ bundle: BOTH });
    expect(epochs).toEqual([1, 3]);
    const { outcome: early } = new City(rootedOf(BOTH), (_, __, kind) =>
      kind === 'ledger.handovers'
        ? HandedOver.of({ handovers: BOTH.handovers })
        : SealersTold.of({ handovers: sealers.slice(1) }),
    );
    expect(early).toEqual({ why: 'busy' });
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
