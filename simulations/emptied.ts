/**
 * Scenario: a delegate comes back with an empty disk when the others have let go of what audits found. It follows the order
 * from its beginning, meets acts without their records, and takes the sums that the others say alike; from there it goes on
 * by the order. Meanwhile another one dies and comes back.
 *
 *   findings    kept ---------- let go ----------------------------
 *   sums           frozen   frozen   frozen   frozen   frozen
 *   delegate    up ---------------- empty --> follows --> takes sums --> the same accounts
 *
 * Oracles read what delegates keep: before, that somebody was audited and that findings are let go; afterwards the
 * accounts of all of them are the same, byte by byte, and nobody's start anew.
 */
import { whole } from '#protocols/codec.ts';
import { Standing } from '#protocols/audit/standing.ts';
import { isPruned } from '#protocols/act.ts';
import { actIn, actKey } from '#protocols/ledger/act-records.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import { areEqual, standingsOn } from './audits.ts';
import { begun, type Course } from './city/course.ts';
import { DELEGATES, policyOf, type CityDrawn, type Wanted } from './city/draw.ts';
import { lose } from './city/rows.ts';
import { NO_FAULTS } from './faults.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const LIGHTS = 8;
const EPOCH_MS = 4_000;
/** Of an hour at least in a policy file. */
const KEEP_MS = 30_000;
const SENT_MS_MAX = 30_000;
const LET_GO_MS_MAX = 120_000;
const TAKEN_MS_MAX = 90_000;
const LOOK_MS = 500;

export interface EmptiedDrawn extends CityDrawn {
  readonly emptied: number;
  /** Another one dies so long after it is back, for so long. */
  readonly other: number;
  readonly diesMs: number;
  readonly downMs: number;
}

export const emptied: Scenario<EmptiedDrawn> = {
  name: 'emptied',
  about: 'a delegate with an empty disk takes the sums of audits whose findings were let go',
  sometimes: ['audit: sums are taken from others', 'emptied: its accounts are those of the others'],
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    const { applications } = course;
    const isSent = (): boolean =>
      applications.calls.length === drawn.wanted.length && applications.open.length === 0;
    world.passUntil(isSent, SENT_MS_MAX, LOOK_MS);
    const [first, ...others] = course.town.delegates as readonly [NodeAddress, ...NodeAddress[]];
    const haveLetGo = (): boolean => [first, ...others].every((node) => letGo(course, node) > 0);
    world.claim(
      world.passUntil(haveLetGo, LET_GO_MS_MAX, LOOK_MS),
      () => 'ledgers let go what audits found',
    );
    const node = course.town.delegates[drawn.emptied]!;
    const before = shownOn(course, node);
    world.claim(
      [...before.values()].some((shown) => shown > 0),
      () => 'somebody was audited',
    );

    lose(course, [drawn.emptied])[0]!.boot();
    const other = world.machines[drawn.other]!;
    world.later(drawn.diesMs, () => other.kill());
    world.later(drawn.diesMs + drawn.downMs, () => other.state === 'down' && other.boot());
    world.pass(drawn.diesMs + drawn.downMs + LOOK_MS);
    const isLike = (): boolean => areEqual(course) && letGo(course, node) > 0;
    world.claim(
      world.passUntil(isLike, TAKEN_MS_MAX, LOOK_MS),
      () => `${node} has the accounts of the others`,
    );
    const after = shownOn(course, node);
    for (const [who, shown] of before) {
      const has = after.get(who) ?? 0;
      world.claim(has >= shown, () => `${who} had shown ${shown} pieces, and ${has} afterwards`);
    }
    world.probe.sometimes('emptied: its accounts are those of the others');
    world.look();
  },
};

/** How many pieces each holder has shown, by the accounts of a delegate. */
const shownOn = (course: Course, delegate: NodeAddress): Map<NodeAddress, number> =>
  new Map(
    [...standingsOn(course, delegate)].map(([who, bytes]) => [who, whole(Standing, bytes).shown]),
  );

/** Acts of audits whose records its ledger has let go. */
function letGo({ town }: Course, delegate: NodeAddress): number {
  const prefix = `${keyPrefix(address(delegate, 'ledger'))}${actKey('')}`;
  const rows = town.machineOf.get(delegate)!.disk.durableUnder(prefix);
  return rows.filter(([, row]) => isPruned(actIn(town.genesis, row).signed)).length;
}

function draw(random: Random): EmptiedDrawn {
  const numbers = { k: 2, margin: 2, lights: 4, anchors: 6, auditEpochMs: EPOCH_MS };
  const policy = policyOf(numbers);
  const [which, other] = random.shuffled(Array.from({ length: DELEGATES }, (_, i) => i));
  return {
    emptied: which!,
    other: other!,
    diesMs: random.below(15_000),
    downMs: 500 + random.below(5_000),
    lights: LIGHTS,
    lightsPerMachine: LIGHTS,
    anchorsPerMachine: 6,
    clients: 1,
    numbers,
    policy: { ...policy, audits: { ...policy.audits, piecesPerSecond: 2, keepMs: KEEP_MS } },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 6_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: Array.from({ length: 2 }, (_, i): Wanted => ({
      atMs: i * 300,
      client: 0,
      sender: i,
      want: 'fair',
      bytes: 400,
    })),
    plan: NO_FAULTS,
  };
}
