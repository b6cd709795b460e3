/**
 * Scenario: few delegates are there, and who is there knows little. One of four dies before anything is sent; the others
 * commit some transactions, and die all at once while the first comes back, with a ledger that has none of them. Clients read.
 *
 *   d  ---- away ------- back, and knows nothing ---------------------------- learns -->
 *   e  ---- commits ---- away ------------------ back -----------------------------------
 *   f  ---- commits ---- away -------------------------------------------- back ---------
 *   g  ---- commits ---- away -------------------------------------------- back ---------
 *               read: unavailable        read: given                 read: given
 *
 * Always: nobody is told that what is committed is not known or cannot be read, whoever answers, and however few. As soon as
 * one that knows it is there it is given: its proof is enough to find the pieces, and those show what they are. In some
 * cities d refuses every read, for a reason of its own.
 */
import { same } from '#lib/bytes.ts';
import type { ReadWord } from '#protocols/client/reads.ts';
import type { ReadReason } from '#protocols/receiving.messages.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import type { Sent } from './city/applications.ts';
import { begun, rested, type Course } from './city/course.ts';
import { DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { CITY } from './city/town.ts';
import { NO_FAULTS } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const LIGHTS = 12;
const SENT_MS_MAX = 30_000;
const SETTLE_MS = 6_000;
/** What a reader waits for while nobody can answer. */
const SHORT_MS = 4_000;
/** Two delegates that are silent, a ledger that is, and the pieces. */
const READ_MS = 12_000;
const LOOK_MS = 500;
const DENIALS: readonly ReadReason[] = ['unknown', 'erased', 'expired', 'bad-manifest'];

export interface FewDrawn extends CityDrawn {
  /** Sent when d is away. */
  readonly later: readonly Wanted[];
  /** d, e, f and g, by number. */
  readonly order: readonly number[];
  /** How long d has been back when e comes: its ledger learns from e, as fast as it can. */
  readonly aheadMs: number;
  /** Clients read so long after e is back. */
  readonly readMs: number;
}

export const few: Scenario<FewDrawn> = {
  name: 'few',
  about:
    'reads while most delegates are away and the rest is behind: nobody is told that it is not known',
  sometimes: [
    'few: a delegate refuses every read',
    'approve: one ledger showed what was ordered, and too few answered',
  ],
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    const { applications } = course;
    const reads = new Reads(course);
    const [d, e, f, g] = drawn.order.map((number) => world.machines[number]!) as [
      Machine,
      Machine,
      Machine,
      Machine,
    ];
    if (drawn.denial !== undefined) world.probe.sometimes('few: a delegate refuses every read');
    d.kill();
    for (const wanted of drawn.later) applications.want(wanted);
    world.passUntil(() => applications.open.length === 0, SENT_MS_MAX, LOOK_MS);
    const sent = [...applications.sent.values()];
    for (const { name } of sent)
      world.claim(course.order.isCommitted(name), () => `three commit ${name}`);
    world.pass(SETTLE_MS);

    for (const each of [e, f, g]) each.kill();
    d.boot();
    world.pass(drawn.aheadMs);
    reads.askAll(sent, SHORT_MS);
    world.pass(SHORT_MS + READ_MS);
    reads.areAll('receive.unavailable');

    e.boot();
    world.pass(drawn.readMs);
    reads.askAll(sent, READ_MS);
    world.pass(READ_MS);
    reads.areAll('receive.given');

    for (const each of [f, g]) each.boot();
    rested(course);
    reads.askAll(sent, READ_MS);
    world.pass(READ_MS);
    reads.areAll('receive.given');
    world.look();
  },
};

/** What readers asked for last, and were told. */
class Reads {
  readonly #course: Course;
  #asked: { readonly sent: Sent; readonly number: number; word: ReadWord | undefined }[] = [];
  #number = 0;

  constructor(course: Course) {
    this.#course = course;
    course.applications.onRead = (_, word) => this.#hear(word);
  }

  askAll(sent: readonly Sent[], withinMs: number): void {
    const { applications, town } = this.#course;
    this.#asked = sent.flatMap((each) =>
      town.clients.map((by) => {
        const asked = { sent: each, number: this.#number++, word: undefined };
        applications.askFor(each, by, asked.number, withinMs);
        return asked;
      }),
    );
  }

  areAll(kind: ReadWord['kind']): void {
    for (const { sent, word } of this.#asked) {
      const is = word?.kind === 'receive.refused' ? word.reason : word?.kind;
      this.#course.world.claim(is === kind, () => `a read of ${sent.name} came to ${is}`);
    }
  }

  #hear(word: ReadWord): void {
    const asked = this.#asked.find(({ number }) => number === word.number);
    if (asked === undefined || word.kind === 'receive.progress') return;
    asked.word = word;
    const isSame = word.kind !== 'receive.given' || same(word.body, asked.sent.tx.body);
    this.#course.world.claim(isSame, () => `what is given is what was sent: ${asked.sent.name}`);
  }
}

function draw(random: Random): FewDrawn {
  const order = random.shuffled(Array.from({ length: DELEGATES }, (_, i) => i));
  const later = Array.from({ length: 1 + random.below(3) }, (_, i): Wanted => ({
    atMs: 0,
    client: i % 2,
    sender: i % 3,
    want: 'fair',
    bytes: random.pick([1, 400, 16_384]),
  }));
  const reason = random.below(2) === 0 ? random.pick(DENIALS) : undefined;
  const denial = reason && { by: nodeAddress(CITY, `d${order[0]!}`), reason };
  return {
    order,
    later,
    denial,
    aheadMs: random.below(3_000),
    readMs: random.below(2_000),
    lights: LIGHTS,
    lightsPerMachine: 1,
    anchorsPerMachine: 1,
    clients: 2,
    numbers: { k: 3 + random.below(3), margin: 1 + random.below(2), lights: 8, anchors: 6 },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 6_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: [],
    plan: NO_FAULTS,
  };
}
