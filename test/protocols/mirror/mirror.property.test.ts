/**
 * Property of the mirror: whatever is lost on the way, however often the sink is away or the mirror dies, in the end
 * the sink has of every transaction the last word, and dead letters are exactly the rows that it refuses.
 *
 * Method: a city of few words and a sink of few outcomes, driven by fast-check beside the mirror's own clock. The sink
 * keeps rows and cursor in one commit, as real ones do (test/cli/mirror/sinks.contract.test.ts).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import type { Effect, Signal } from '#protocols/effect.ts';
import { SOUND } from '#protocols/fate.ts';
import {
  HappenedSince,
  PLACES,
  Told,
  type AskSince,
  type AskTx,
  type Happened,
} from '#protocols/ledger.messages.ts';
import { Written } from '#protocols/mirror.messages.ts';
import {
  BATCH_MIN,
  begin,
  invariants,
  PENDING_MAX,
  step,
  type Mirror,
  type MirrorHears,
  type Wanted,
} from '#protocols/mirror/mirror.ts';
import type { MirrorRow } from '#protocols/mirror/row.ts';
import { cases } from '#test/cases.ts';
import { seeded } from '../../runtime/manual.ts';
import { moment, WALL } from '../moments.ts';
import { bytesOf, cityOf, txOf } from '../sample.ts';

const { genesis } = cityOf(4);
const TXS = Array.from({ length: 40 }, (_, seq) => txOf('an egg', { seq: seq + 1 }));
const STATES = ['COMMITTED', 'REPAIR_REQ', 'COMMITTED', 'EXPIRED'] as const;

/** What happened in a city, `of[i]` being the transaction of the i-th word. */
const cityWords = (of: readonly number[]): Happened[] =>
  of.map((tx, i) => ({
    number: (1 + Math.floor(i / 3)) * PLACES + (i % 3),
    txId: TXS[tx]!.txId,
    state: STATES[i % STATES.length]!,
    from: 'POH_ACK',
    cause: bytesOf('cause'),
  }));

interface Weather {
  readonly seed: number;
  readonly lossPercent: number;
  readonly awayPercent: number;
  readonly deathPercent: number;
  readonly tookMs: number;
}

class World {
  readonly rows = new Map<string, MirrorRow>();
  readonly dead = new Set<string>();
  readonly sizes: number[] = [];
  cursor = 0;
  lives = 0;
  mirror!: Mirror;
  readonly #words: readonly Happened[];
  readonly #refused: ReadonlySet<string>;
  readonly #weather: Weather;
  readonly #chance: (percent: number) => boolean;
  #now = 0;
  #inbox: (MirrorHears | Signal)[] = [];

  constructor(words: readonly Happened[], refused: ReadonlySet<string>, weather: Weather) {
    this.#words = words;
    this.#refused = refused;
    this.#weather = weather;
    const { below } = seeded(weather.seed);
    this.#chance = (percent) => below(100) < percent;
    this.#live();
  }

  /** So long, of which the last part is calm. */
  pass(turns: number): void {
    for (let turn = 0; turn < turns; turn++) {
      const isCalm = turn > turns / 2;
      this.#now += 250;
      if (!isCalm && this.#chance(this.#weather.deathPercent)) this.#live();
      const inbox = this.#inbox;
      this.#inbox = [];
      for (const input of inbox) if (isCalm || this.#arrives(input)) this.#hear(input);
      if (turn % 2 === 0) this.#hear({ kind: 'wake', id: 'look' });
      for (const wanted of this.mirror.wanted.splice(0)) this.#want(wanted, isCalm);
    }
  }

  #arrives = ({ kind }: { readonly kind: string }): boolean =>
    kind === 'mirror.written' || !this.#chance(this.#weather.lossPercent);

  #live(): void {
    this.lives++;
    this.#inbox = [];
    const [mirror, effects] = begin(genesis, this.cursor, moment(this.#now));
    this.mirror = mirror;
    this.#carryOut(effects);
  }

  #hear(input: MirrorHears | Signal): void {
    const [, effects] = step(this.mirror, input, moment(this.#now));
    invariants(this.mirror);
    this.#carryOut(effects);
  }

  #carryOut(effects: readonly Effect<AskSince | AskTx>[]): void {
    for (const effect of effects) {
      if (effect.do !== 'send') continue;
      const { message } = effect;
      this.#inbox.push(message.kind === 'ledger.since' ? this.#since(message) : tellOf(message));
    }
  }

  #since({ number }: AskSince): HappenedSince {
    const all = this.#words.filter((each) => each.number >= number).slice(0, 20);
    const last = all.at(-1);
    return HappenedSince.of({
      next: last === undefined ? number : last.number + 1,
      happened: all,
    });
  }

  #want(wanted: Wanted, isCalm: boolean): void {
    if (wanted.what === 'bury') {
      this.dead.add(idOf(wanted.row));
      return;
    }
    const { rows, batch, cursor } = wanted;
    this.sizes.push(rows.length);
    const isAway = !isCalm && this.#chance(this.#weather.awayPercent);
    const isRefused = rows.some((row) => this.#refused.has(idOf(row)));
    if (!isAway && !isRefused) {
      for (const row of rows) this.rows.set(row.tx_id, row);
      this.cursor = cursor;
    }
    const outcome = isAway ? 'unreachable' : isRefused ? 'refused' : 'written';
    this.#inbox.push(Written.of({ batch, outcome, tookMs: this.#weather.tookMs }));
  }
}

const idOf = ({ tx_id, number }: MirrorRow): string => `${tx_id} ${number}`;

function tellOf({ txId }: AskTx): Told {
  const { tx } = TXS.find((each) => hex(each.txId) === hex(txId))!;
  return Told.of({
    txId,
    known: 'ordered',
    state: 'COMMITTED',
    cause: undefined,
    cover: tx.cover,
    manifest: undefined,
    cert: undefined,
    proof: undefined,
    quorum: undefined,
    expiresAt: WALL,
    fate: SOUND,
  });
}

const weather = fc.record<Weather>({
  seed: fc.nat(0xffff),
  lossPercent: fc.nat(60),
  awayPercent: fc.nat(80),
  deathPercent: fc.nat(5),
  tookMs: fc.nat(500),
});
const happening = fc.array(fc.nat(TXS.length - 1), { minLength: 1, maxLength: 120 });

describe('a mirror', () => {
  it('has the last word of everything in the end, and buries what is refused and nothing else', () => {
    fc.assert(
      fc.property(happening, fc.array(fc.nat(119), { maxLength: 4 }), weather, (of, bad, sky) => {
        const words = cityWords(of);
        const refused = new Set(
          bad
            .filter((i) => i < words.length)
            .map((i) => `${nameText(words[i]!.txId)} ${words[i]!.number}`),
        );
        const world = new World(words, refused, sky);
        world.pass(1_200);
        expect(world.dead).toEqual(refused);
        for (const { txId } of TXS) {
          const name = nameText(txId);
          const said = words.filter(
            (each) => hex(each.txId) === hex(txId) && !refused.has(`${name} ${each.number}`),
          );
          expect(world.rows.get(name)?.number).toBe(said.at(-1)?.number);
        }
        expect(world.mirror.pending).toHaveLength(0);
      }),
      { numRuns: cases(60) },
    );
  });

  it('writes many at once where there are many, and few before they are old', () => {
    const calm = { seed: 1, lossPercent: 0, awayPercent: 0, deathPercent: 0, tookMs: 1 };
    const world = new World(
      cityWords(Array.from({ length: 100 }, (_, i) => i % 40)),
      new Set(),
      calm,
    );
    world.pass(60);
    expect(Math.max(...world.sizes)).toBeGreaterThanOrEqual(BATCH_MIN);
    expect(world.rows.size).toBe(40);
    expect(world.mirror.pending.length).toBeLessThan(PENDING_MAX);
  });
});
