/**
 * Links over a network that loses, repeats and reorders, with broker outages and restarts of nodes.
 *
 * Safety, whatever happens: of the plain lane, nothing twice and nothing out of order in one life of
 * sender and receiver; the reliable lane likewise. Liveness, once the network heals: the reliable lane
 * is complete, and who stood still goes on.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '#protocols/envelope.ts';
import { address, nodeAddress, place, type Address } from '#protocols/subjects.ts';
import { Links, type LinkOptions } from '#runtime/links/links.ts';
import { cases } from '#test/cases.ts';
import { FaultyNet, NO_FAULTS, type FaultyWire } from './faulty-net.ts';
import { Manual, seeded } from './manual.ts';

const komatsu = place('asia.ishikawa.komatsu');
const at = (node: string): Address => address(nodeAddress(komatsu, node), 'x');

type Name = 'a' | 'b';
interface Said {
  readonly senderLife: number;
  readonly receiverLife: number;
  readonly lane: 'plain' | 'reliable';
  readonly n: number;
}

/** Two nodes that number what they say, and write down what they hear. */
class Pair {
  readonly manual = new Manual();
  readonly net: FaultyNet;
  readonly heard: Record<Name, Said[]> = { a: [], b: [] };
  readonly said: Record<Name, Said[]> = { a: [], b: [] };
  readonly counted: Record<Name, Map<string, number>> = { a: new Map(), b: new Map() };
  readonly gone: Record<Name, number> = { a: 0, b: 0 };
  readonly lives: Record<Name, number> = { a: 0, b: 0 };
  readonly #options: Partial<LinkOptions>;
  readonly #nodes = new Map<Name, { readonly links: Links; readonly wire: FaultyWire }>();
  readonly #setsClocksBack: boolean;
  #n = 0;

  constructor(seed: number, options: Partial<LinkOptions> = {}, setsClocksBack = false) {
    this.#options = options;
    this.#setsClocksBack = setsClocksBack;
    this.net = new FaultyNet(this.manual, seeded(seed));
    this.start('a');
    this.start('b');
  }

  start(name: Name): void {
    this.#nodes.get(name)?.wire.die();
    this.#nodes.get(name)?.links.close();
    this.lives[name]++;
    const life = this.lives[name];
    const wire = this.net.join();
    const { clock, scheduler: turnEnd } = this.manual;
    const counted = this.counted[name];
    const observer = {
      link: (_: string, what: string, n: number) => counted.set(what, (counted.get(what) ?? 0) + n),
      malformed: (from: string, why: string) => expect.fail(`${from}: ${why}`),
    };
    const setBack = this.#setsClocksBack ? (life % 3) * 1_500_000 : 0;
    const links = new Links(
      { wire, clock, turnEnd, observer },
      { life: 10_000_000 + life * 1_000_000 - setBack, ...this.#options },
    );
    links.host(nodeAddress(komatsu, name), {
      receive: (envelope) => this.#hear(name, life, envelope),
      gone: () => this.gone[name]++,
    });
    this.#nodes.set(name, { links, wire });
  }

  say(from: Name, lane: Said['lane'], bytes = 0): void {
    const n = ++this.#n;
    const senderLife = this.lives[from];
    const to = from === 'a' ? 'b' : 'a';
    this.said[from].push({ senderLife, receiverLife: this.lives[to], lane, n });
    const body = new Uint8Array(9 + bytes);
    const view = new DataView(body.buffer);
    view.setUint32(0, n);
    view.setUint32(4, senderLife);
    view.setUint8(8, lane === 'plain' ? 0 : 1);
    this.links(from).send(
      {
        form: 'tell',
        to: at(to),
        from: at(from),
        incarnation: senderLife,
        kind: 'test.say',
        body,
        traceparent: undefined,
      },
      lane === 'reliable',
    );
  }

  links(name: Name): Links {
    return this.#nodes.get(name)!.links;
  }

  wire(name: Name): FaultyWire {
    return this.#nodes.get(name)!.wire;
  }

  #hear(name: Name, receiverLife: number, envelope: Envelope): void {
    if (envelope.form !== 'tell') return;
    const view = new DataView(envelope.body.buffer, envelope.body.byteOffset);
    const lane = view.getUint8(8) === 0 ? 'plain' : 'reliable';
    const [n, senderLife] = [view.getUint32(0), view.getUint32(4)];
    this.heard[name].push({ senderLife, receiverLife, lane, n });
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      from: fc.constantFrom<Name>('a', 'b'),
      lane: fc.constantFrom<Said['lane']>('plain', 'reliable'),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.integer({ min: 1, max: 400 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('outage' as const),
      ms: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
);
const restart = fc.record({
  do: fc.constant('restart' as const),
  who: fc.constantFrom<Name>('a', 'b'),
});
const faults = fc.record({
  loss: fc.constantFrom(0, 5, 30, 60),
  repeat: fc.constantFrom(0, 10, 40),
  delayMsMax: fc.constantFrom(0, 10, 300),
});
type DrawnBy<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step = DrawnBy<typeof step> | DrawnBy<typeof restart>;

const schedules = fc.array(
  fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: restart }),
  { minLength: 10, maxLength: 60 },
);
const ENDS = [
  ['a', 'b'],
  ['b', 'a'],
] as const;

/** Carries out a schedule with faults, then lets the network heal. */
function run(pair: Pair, schedule: readonly Step[]): void {
  for (const each of schedule) {
    if (each.do === 'say') {
      for (let i = 0; i < each.times; i++) pair.say(each.from, each.lane);
    } else if (each.do === 'pass') pair.manual.pass(each.ms);
    else if (each.do === 'restart') pair.start(each.who);
    else {
      pair.net.breakDown();
      pair.manual.pass(each.ms);
      pair.net.restore();
    }
  }
  pair.net.faults = NO_FAULTS;
  pair.manual.pass(30_000);
}

/** What one life of a receiver heard of one life of a sender, in one lane. */
function* conversations(heard: readonly Said[]): Generator<readonly number[]> {
  const byLives = Map.groupBy(
    heard,
    ({ senderLife, receiverLife, lane }) => `${senderLife} ${receiverLife} ${lane}`,
  );
  for (const said of byLives.values()) yield said.map(({ n }) => n);
}

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

const numbersOf = (said: readonly Said[], lane: Said['lane'], senderLife: number): number[] =>
  said.filter((each) => each.lane === lane && each.senderLife === senderLife).map(({ n }) => n);

describe('links over a bad network', () => {
  it('deliver in order, never twice; the reliable lane completely, once healed', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        faults,
        fc.array(step, { maxLength: 40 }),
        (seed, bad, schedule) => {
          const pair = new Pair(seed);
          pair.net.faults = bad;
          run(pair, schedule);
          for (const [hearer, speaker] of ENDS) {
            for (const numbers of conversations(pair.heard[hearer]))
              expect(numbers).toSatisfy(isRising);
            expect(numbersOf(pair.heard[hearer], 'reliable', 1)).toEqual(
              numbersOf(pair.said[speaker], 'reliable', 1),
            );
          }
        },
      ),
      { numRuns: cases(400) },
    );
  });

  it.each([false, true])(
    'keep both promises in each life, and repeat to a new one what the former had not confirmed (clocks set back: %s)',
    (setsClocksBack) => {
      fc.assert(
        fc.property(fc.integer(), faults, schedules, (seed, bad, schedule) => {
          const pair = new Pair(seed, {}, setsClocksBack);
          pair.net.faults = bad;
          run(pair, schedule);
          for (const [hearer, speaker] of ENDS) {
            for (const numbers of conversations(pair.heard[hearer])) {
              expect(numbers).toSatisfy(isRising);
            }
            // What the speaker's last life said has arrived in some life of the hearer.
            const last = pair.lives[speaker];
            const arrived = new Set(numbersOf(pair.heard[hearer], 'reliable', last));
            const said = numbersOf(pair.said[speaker], 'reliable', last);
            expect(said.filter((n) => !arrived.has(n))).toEqual([]);
          }
        }),
        { numRuns: cases(300) },
      );
    },
  );

  it('count exactly what was lost, where nothing is repeated or reordered', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0, 10, 50),
        fc.integer({ min: 1, max: 60 }),
        (seed, loss, turns) => {
          const pair = new Pair(seed);
          // The first frame gets through: whoever has heard nothing cannot know what it missed.
          pair.say('a', 'plain');
          pair.manual.pass(10);
          pair.net.faults = { ...NO_FAULTS, loss };
          for (let i = 0; i < turns; i++) {
            for (let k = 0; k <= i % 4; k++) pair.say('a', 'plain');
            pair.manual.pass(10);
          }
          pair.net.faults = NO_FAULTS;
          pair.net.breakDown();
          pair.net.restore();
          pair.manual.pass(1_000);
          const lost = pair.said.a.length - pair.heard.b.length;
          expect(pair.counted.b.get('lost') ?? 0).toBe(lost);
          expect(pair.counted.b.has('duplicate') || pair.counted.b.has('reordered')).toBe(false);
        },
      ),
      { numRuns: cases(100) },
    );
  });

  it('count repeated and late frames', () => {
    const pair = new Pair(1);
    pair.net.faults = { loss: 0, repeat: 50, delayMsMax: 20 };
    for (let i = 0; i < 200; i++) {
      pair.say('a', 'plain');
      pair.manual.pass(5);
    }
    for (const what of ['lost', 'duplicate', 'reordered']) {
      expect(pair.counted.b.get(what) ?? 0).toBeGreaterThan(10);
    }
  });

  it('get a stream going again that lost its credits', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const pair = new Pair(seed);
        pair.net.faults = { loss: 40, repeat: 0, delayMsMax: 5 };
        for (let i = 0; i < 60; i++) pair.say('a', 'plain', 60_000);
        pair.manual.pass(20_000);
        pair.net.faults = { ...NO_FAULTS, loss: 100 };
        for (let i = 0; i < 60; i++) pair.say('a', 'plain', 60_000);
        pair.manual.pass(20_000);
        pair.net.faults = NO_FAULTS;
        pair.manual.pass(20_000);
        const before = pair.heard.b.length;
        for (let i = 0; i < 60; i++) pair.say('a', 'plain', 60_000);
        pair.manual.pass(2_000);
        expect(pair.heard.b.length - before).toBe(60);
      }),
      { numRuns: 6 },
    );
  });

  it('survive outages without losing anybody, and find those that died in one', () => {
    const pair = new Pair(3);
    pair.links('a').track(nodeAddress(komatsu, 'a'), nodeAddress(komatsu, 'b'));
    pair.manual.pass(5_000);
    pair.net.breakDown();
    pair.manual.pass(9_000);
    pair.net.restore();
    pair.manual.pass(5_000);
    expect(pair.gone.a).toBe(0);
    // A server that freezes: for two beats nobody knows.
    pair.net.faults = { ...NO_FAULTS, loss: 100 };
    pair.manual.pass(2_500);
    pair.net.breakDown();
    pair.manual.pass(500);
    pair.net.faults = NO_FAULTS;
    pair.net.restore(pair.wire('b'));
    pair.manual.pass(1_500);
    pair.net.restore();
    pair.manual.pass(5_000);
    expect(pair.gone.a).toBe(0);
    pair.net.breakDown();
    pair.manual.pass(1_000);
    pair.start('b');
    pair.net.restore();
    pair.say('b', 'plain');
    pair.manual.pass(5_000);
    expect(pair.gone.a).toBe(1);
  });

  it('fail these tests with the planted bug', () => {
    const pair = new Pair(1, { plantedBug: 'reordering-unnoticed' });
    pair.net.faults = { loss: 0, repeat: 0, delayMsMax: 50 };
    for (let i = 0; i < 100; i++) {
      pair.say('a', 'plain');
      pair.manual.pass(5);
    }
    expect([...conversations(pair.heard.b)].every(isRising)).toBe(false);
  });
});
