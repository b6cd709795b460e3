/**
 * Scenario: some holders of a city cheat, and each of them is found for what it does; the others are not, though
 * processes die and the network is as it is.
 *
 *   dropped, mute, unstored   lose their score, and nothing else
 *   proxied                   is late wherever it shows something
 *   forging                   is convicted by evidence, on every delegate
 *
 * Meanwhile what was earned is paid, again and again: to delegates, and to the account that some lights name.
 *
 * Oracles read what delegates keep: the standings that follow from the order are the same on all of them; and no ledger ever has
 * more or less than its genesis and its rewards say.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { EMPTY, hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { scoreOf, Standing } from '#protocols/audit/standing.ts';
import { wageName } from '#protocols/objects/object.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
import { keyPrefix } from '#runtime/lives.ts';
import { CHEATS } from './city/cheats.ts';
import { begun, type Course } from './city/course.ts';
import { conserves, conservesStakes, heldBy, nameAccount } from './city/treasury.ts';
import { DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { NO_FAULTS, type Fault } from './faults.ts';
import { inject } from './inject.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const LIGHTS = 24;
const PER_MACHINE = 3;
const WANTED = 16;
const EPOCH_MS = 5_000;
const SENT_MS_MAX = 40_000;
const AUDITED_MS = 90_000;
const EQUAL_MS_MAX = 20_000;
const LOOK_MS = 500;
const PAID_MS = 5_000;
/** Lights that name an account, and whose that is. */
const NAMING = 2;
const OPERATOR = hash(domain('operator of lights'), EMPTY);
/** A score that brings a light next to nothing. */
const LOW = 300;

export const audits: Scenario<CityDrawn> = {
  name: 'audits',
  about: 'holders that cheat are found for what they do, and nobody else is',
  sometimes: [
    ...[...CHEATS, 'unstored'].map((cheat) => `audits: ${cheat} was found`),
    'audits: a delegate was paid',
    'audits: an operator of lights was paid',
  ],
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    const { applications } = course;
    world.passUntil(
      () => applications.calls.length === drawn.wanted.length && applications.open.length === 0,
      SENT_MS_MAX,
      LOOK_MS,
    );
    const heal = inject(world, drawn.plan);
    const honest = course.town.lights.filter((_, i) => isHonest(course, drawn, i));
    for (const node of honest.slice(0, NAMING)) nameAccount(world, course.town, node, OPERATOR);
    for (let ms = 0; ms < AUDITED_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      if (ms % PAID_MS === 0) paid(course);
    }
    heal();
    world.claim(
      world.passUntil(() => areEqual(course), EQUAL_MS_MAX, LOOK_MS),
      () => 'all delegates keep the same standings',
    );
    found(course, drawn);
    paid(course);
    world.look();
  },
};

const isHonest = ({ town }: Course, { cheats }: CityDrawn, i: number): boolean =>
  !town.liars.has(town.lights[i]!) && cheats?.every(({ light }) => light !== i) !== false;

/** What ledgers have by now. */
function paid({ world, town }: Course): void {
  for (const node of town.delegates) {
    const held = heldBy(town, node);
    conserves(world, town, held);
    conservesStakes(world, town, node);
    const has = (who: Uint8Array): boolean => held.objects.has(hex(wageName(who)));
    const { signing } = town.genesis.delegates[0]!;
    if (has(fingerprintOf(signing))) world.probe.sometimes('audits: a delegate was paid');
    if (has(OPERATOR)) world.probe.sometimes('audits: an operator of lights was paid');
  }
}

function found(course: Course, drawn: CityDrawn): void {
  const { world, town } = course;
  const genesis = town.genesis;
  const cheats = new Map(drawn.cheats?.map(({ light, cheat }) => [town.lights[light]!, cheat]));
  for (const [node, bytes] of standingsOn(course, town.delegates[0]!)) {
    const standing = whole(Standing, bytes);
    const score = scoreOf(genesis, standing);
    const cheat = cheats.get(node) ?? (town.liars.has(node) ? 'unstored' : undefined);
    const isLow = score < LOW;
    const shouldBeLow = cheat !== undefined;
    const who = (): string =>
      `${node} (${cheat ?? 'honest'}) has ${score}: ${JSON.stringify(standing, text)}`;
    if (shouldBeLow) world.claim(isLow, who);
    if (cheat === undefined) world.claim(!isLow || standing.shown < 30, who);
    world.claim(standing.isConvicted === (cheat === 'forging'), who);
    if (cheat !== undefined && isLow) world.probe.sometimes(`audits: ${cheat} was found`);
  }
}

const text = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

/** What the auditor of a delegate keeps of each holder. */
export function standingsOn({ town }: Course, delegate: NodeAddress): Map<NodeAddress, Uint8Array> {
  const prefix = `${keyPrefix(address(delegate, 'audit'))}holder/`;
  const found = town.machineOf.get(delegate)!.disk.durableUnder(prefix);
  return new Map(found.map(([key, value]) => [key.slice(prefix.length) as NodeAddress, value]));
}

export function areEqual(course: Course): boolean {
  const shown = course.town.delegates.map((delegate) =>
    [...standingsOn(course, delegate)]
      .map(([node, bytes]) => `${node} ${hex(bytes)}`)
      .toSorted()
      .join('\n'),
  );
  return shown[0] !== '' && shown.every((each) => each === shown[0]);
}

function draw(random: Random): CityDrawn {
  const who = random.shuffled(Array.from({ length: LIGHTS }, (_, i) => i));
  const faults = Array.from({ length: random.below(4) }, (): Fault => ({
    atMs: random.below(30_000),
    do: random.pick(['kill', 'power-cut'] as const),
    machine: random.below(DELEGATES),
    downMs: random.pick([200, 3_000]),
  }));
  return {
    lights: LIGHTS,
    lightsPerMachine: PER_MACHINE,
    anchorsPerMachine: 1,
    clients: 1,
    numbers: { k: 4, margin: 6, lights: 14, anchors: 6, auditEpochMs: EPOCH_MS },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 6_000,
    liars: [{ light: who[CHEATS.length]!, lies: ['unstored'] }],
    cheats: CHEATS.map((cheat, i) => ({ light: who[i]!, cheat })),
    lie: undefined,
    hasRogue: false,
    wanted: Array.from({ length: WANTED }, (_, i): Wanted => ({
      atMs: i * 300,
      client: 0,
      sender: i % 3,
      want: 'fair',
      bytes: random.pick([400, 1_200, 16_384]),
    })),
    plan: { ...NO_FAULTS, faults: faults.toSorted((a, b) => a.atMs - b.atMs) },
  };
}
