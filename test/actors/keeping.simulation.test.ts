/**
 * Histories: whatever is lost, repeated, late or restarted, and whoever is slow or full, no ack is of what is
 * not durable, no certificate is one that does not stand, and once the weather is good every transaction is
 * certified, with every ledger, and on disks in all its rows. Method: fates drawn for each message, kills at
 * drawn moments, the ingress's way of driving a transaction here again and again.
 */
import fc from 'fast-check';
import { it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { address } from '#protocols/subjects.ts';
import { assert } from '#lib/assert.ts';
import { Yard, type Fate, type Weather } from './keeping-yard.ts';
import { WALL } from '../protocols/moments.ts';
import {
  ANCHORS,
  DELEGATES,
  LIGHTS,
  placed,
  sealed,
  STRANGER,
  type Sealed,
} from '../protocols/holding/kept-city.ts';

await offerBackends();
const all = sealed(3);
const HOLDERS = [...LIGHTS, ...ANCHORS];
const KILLABLE = [
  ...HOLDERS.map((node) => address(node, 'holder')),
  address(DELEGATES[0], 'distribute'),
  address(DELEGATES[0], 'commit'),
];

const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('arrives') },
  { weight: 2, arbitrary: fc.constant<Fate>('lost') },
  { weight: 2, arbitrary: fc.constant<Fate>('twice') },
  { weight: 2, arbitrary: fc.constant<Fate>('late') },
);
const event = fc.oneof(
  fc.record({ do: fc.constant('kill' as const), which: fc.nat(KILLABLE.length - 1) }),
  fc.record({ do: fc.constant('slow' as const), which: fc.nat(HOLDERS.length - 1) }),
  fc.record({ do: fc.constant('full' as const), which: fc.nat(4) }),
  fc.record({ do: fc.constant('forge' as const), which: fc.nat(8) }),
  fc.record({ do: fc.constant('drive' as const), which: fc.nat(all.length - 1) }),
  fc.record({ do: fc.constant('pass' as const), which: fc.integer({ min: 1, max: 900 }) }),
);
const history = fc.record({
  fates: fc.array(fate, { minLength: 1, maxLength: 60 }),
  events: fc.array(event, { maxLength: 14 }),
});
type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

/** The fates one after another, then again from the first. */
function weatherOf(fates: readonly Fate[]): Weather {
  let next = 0;
  return () => fates[next++ % fates.length]!;
}

function play(yard: Yard, { do: what, which }: History['events'][number]): void {
  if (what === 'kill') yard.restart(KILLABLE[which]!);
  else if (what === 'slow') yard.slow(HOLDERS[which]!, { syncMs: [50, 400] });
  else if (what === 'full') yard.slow(LIGHTS[which]!, { bytesMax: 2_000 });
  else if (what === 'drive') yard.send(all[which]!);
  else if (what === 'pass') yard.pass(which);
  else forge(yard, which);
}

/** What liars say of a row: they were not placed, it is of another epoch, another's signature, of tomorrow. */
function forge(yard: Yard, row: number): void {
  const [made] = all as [Sealed];
  const holder = made.manifest.placement.holders[row]!;
  yard.forge(made, row, row < 5 ? STRANGER : LIGHTS[0]!);
  yard.forge(made, row, holder, { epoch: 1 });
  yard.forge(made, row, holder, { key: STRANGER });
  yard.forge(made, row, holder, { wallMs: WALL + 86_400_000 });
}

function isKept(yard: Yard, made: Sealed): boolean {
  const isHeld = DELEGATES.every((node) => yard.held.get(node)!.has(hex(made.manifest.txId)));
  const rows = new Set(
    yard
      .durable(made)
      .map(({ row }) => row)
      .filter((row) => row < placed(made)),
  );
  return isHeld && rows.size === placed(made);
}

it('keeps every transaction, and says nothing that is not so', () => {
  fc.assert(
    fc.property(history, ({ fates, events }) => {
      const yard = new Yard();
      yard.weather = weatherOf(fates);
      for (const made of all) yard.send(made);
      for (const each of events) play(yard, each);
      yard.weather = () => 'arrives';
      for (const node of HOLDERS) yard.slow(node, {});
      // As the ingress does, until it hears of the end.
      for (let round = 0; round < 6 && !all.every((made) => isKept(yard, made)); round++) {
        for (const made of all) yard.send(made);
        yard.pass(5_000);
      }
      assert(yard.wrong.length === 0, yard.wrong.join('; '));
      for (const made of all) assert(isKept(yard, made), 'what was sent is kept');
    }),
    { numRuns: 12 },
  );
});
