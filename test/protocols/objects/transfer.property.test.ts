/** Transfers between two cities that show each other what they are: in whatever order, as often as anybody likes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { execute, type Errand } from '#protocols/objects/execute.ts';
import { endowed, escrowName, takenName, type CityObject } from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import { bytesOf, KOMATSU } from '../sample.ts';

const OTHER = 'europe.catalonia.barcelona' as typeof KOMATSU;
const [OWN, FRIEND] = ['own', 'friend'].map((name) => bytesOf(name)) as [Uint8Array, Uint8Array];
const TX = ['one', 'two'].map((name) => bytesOf(name));
const HAD = 10n;
const UNTIL = 8;

type Objects = Map<string, CityObject>;
/** A city: what it has, and the time of its last batch. */
interface City {
  readonly objects: Objects;
  atMs: number;
}

const command = fc.record({
  do: fc.constantFrom('send', 'take', 'settle', 'settle', 'look', 'look', 'wait'),
  tx: fc.nat({ max: TX.length - 1 }),
  /** How far the time of the city that does something goes on. */
  byMs: fc.nat({ max: 3 }),
  amount: fc.bigInt({ min: 1n, max: 8n }),
});

type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** What was shown of the one city to the other, at some time: it may be brought much later. */
class World {
  readonly here: City = { objects: objectsOf(HAD), atMs: 0 };
  readonly there: City = { objects: new Map(), atMs: 0 };
  readonly locked = new Map<number, CityObject>();
  readonly seen = new Map<number, { readonly isTaken: boolean; readonly atMs: number }>();

  run({ do: what, tx, byMs, amount }: Command): void {
    if (what === 'wait') this.there.atMs = UNTIL;
    const txId = TX[tx]!;
    if (what === 'look') {
      const escrow = this.here.objects.get(hex(escrowName(txId)));
      if (escrow !== undefined && !this.locked.has(tx)) this.locked.set(tx, escrow);
      const isThere = isTaken(this, txId);
      this.seen.set(tx, { isTaken: isThere, atMs: ++this.there.atMs });
      return;
    }
    if (what === 'send') {
      const op = opBytes({ op: 'transfer', amount, until: UNTIL });
      const sent = {
        does: 'op',
        txId,
        sender: OWN,
        receiver: FRIEND,
        to: OTHER,
        op,
        objects: [],
      } as const;
      if (!this.here.objects.has(hex(escrowName(txId)))) does(this.here, KOMATSU, byMs, sent);
    }
    const value = this.locked.get(tx)?.value;
    if (what === 'take' && value?.is === 'escrow')
      does(this.there, OTHER, byMs, { does: 'take', txId, from: KOMATSU, escrow: value });
    const seen = this.seen.get(tx);
    if (what === 'settle' && seen !== undefined)
      does(this.here, KOMATSU, byMs, { does: 'settle', txId, sender: OWN, by: OTHER, ...seen });
  }
}

const objectsOf = (amount: bigint): Objects =>
  new Map(endowed([{ account: OWN, amount }]).map(({ name, object }) => [hex(name), object]));

function does(city: City, place: typeof KOMATSU, byMs: number, errand: Errand): void {
  city.atMs += byMs + 1;
  const { after } = execute([errand], city.objects, {
    city: place,
    atMs: city.atMs,
    cities: new Set([OTHER]),
    transferMsMax: 1_000_000_000,
  });
  for (const [name, object] of after) city.objects.set(name, object);
}

const inAccounts = ({ objects }: City): bigint =>
  [...objects.values()].reduce(
    (all, { value: is }) => all + (is.is === 'account' ? is.balance : 0n),
    0n,
  );

/** How the first transfer stands, where it began. */
const stands = ({ here }: World, txId = TX[0]!): string | undefined => {
  const value = here.objects.get(hex(escrowName(txId)))?.value;
  return value?.is === 'escrow' ? value.stands : undefined;
};
const isTaken = ({ there }: World, txId = TX[0]!): boolean =>
  there.objects.has(hex(takenName(KOMATSU, txId)));

function after(...words: readonly Command['do'][]): World {
  const world = new World();
  for (const word of words) world.run({ do: word, tx: 0, byMs: 0, amount: 4n });
  return world;
}

describe('transfers', () => {
  it('arrive or come back, and never both, whoever shows what to whom', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const world = new World();
        for (const each of commands) world.run(each);
        let between = 0n;
        for (const txId of TX) {
          const escrow = world.here.objects.get(hex(escrowName(txId)))?.value;
          if (escrow?.is !== 'escrow') continue;
          const isThere = isTaken(world, txId);
          expect(escrow.stands === 'released' && isThere).toBe(false);
          expect(escrow.stands === 'settled' && !isThere).toBe(false);
          if (escrow.stands === 'locked' && !isThere) between += escrow.amount;
        }
        expect(inAccounts(world.here) + inAccounts(world.there) + between).toBe(HAD);
      }),
    );
  });

  it('are settled by what was taken in, and released by what was not, in time', () => {
    expect(stands(after('send', 'look', 'take', 'look', 'settle'))).toBe('settled');
    expect(stands(after('send', 'look', 'settle'))).toBe('locked');
    expect(stands(after('send', 'look', 'wait', 'look', 'settle'))).toBe('released');
    const late = after('send', 'look', 'wait', 'take', 'look', 'settle');
    expect([stands(late), isTaken(late)]).toEqual(['released', false]);
    const twice = after('send', 'look', 'take', 'take', 'wait', 'look', 'settle', 'settle');
    expect([stands(twice), inAccounts(twice.there)]).toEqual(['settled', 4n]);
  });
});
