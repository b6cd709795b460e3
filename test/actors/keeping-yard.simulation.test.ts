/** A transaction is kept: S4, S5 and holders together, through what can happen to each of them. */
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { WALL } from '../protocols/moments.ts';
import { Yard, type Weather } from './keeping-yard.ts';
import { CommitAcks } from '#protocols/sending.messages.ts';
import {
  ackOf,
  ANCHORS,
  DELEGATES,
  LIGHTS,
  placed,
  sealed,
  STRANGER,
  type Sealed,
} from '../protocols/holding/kept-city.ts';

await offerBackends();
const [tx, other] = sealed(2) as [Sealed, Sealed];
const topics = (yard: Yard): string[] => yard.facts.map(({ topic }) => topic.split('.').at(-1)!);
const isHeldByAll = (yard: Yard, made: Sealed): boolean =>
  DELEGATES.every((node) => yard.held.get(node)!.has(hex(made.manifest.txId)));
/** Nothing gets through to these holders. */
const silent =
  (...nodes: readonly NodeAddress[]): Weather =>
  (to) =>
    nodes.some((node) => to === address(node, 'holder')) ? 'lost' : 'arrives';
const rowsOf = (yard: Yard, made: Sealed): Set<number> =>
  new Set(yard.durable(made).map(({ row }) => row));

describe('a transaction', () => {
  it('is on all disks, certified once, and with every ledger', () => {
    const yard = new Yard();
    yard.send(tx);
    yard.send(other);
    yard.pass(250);
    for (const made of [tx, other]) {
      expect(yard.durable(made)).toHaveLength(placed(made));
      expect(isHeldByAll(yard, made)).toBe(true);
    }
    expect(topics(yard).toSorted()).toEqual(['POH_ACK', 'POH_ACK', 'durable', 'durable']);
    expect(yard.moved.at(-1)).toMatchObject({ state: 'POH_ACK', needed: 6, rows: 9 });
    expect(yard.wrong).toEqual([]);
  });

  it('goes to spares for lights that are silent', () => {
    const yard = new Yard();
    yard.weather = silent(LIGHTS[0]!, LIGHTS[1]!);
    yard.send(tx);
    yard.pass(5_000);
    expect(rowsOf(yard, tx).size).toBe(placed(tx));
    const spares = yard.durable(tx).filter(({ node }) => LIGHTS.indexOf(node) >= 5);
    expect(spares.map(({ row }) => row).toSorted()).toEqual([0, 1]);
    expect(yard.wrong).toEqual([]);
  });

  it('goes to spares at once for lights that are full', () => {
    const yard = new Yard();
    yard.slow(LIGHTS[0]!, { bytesMax: 100 });
    yard.send(tx);
    yard.pass(150);
    expect(yard.durable(tx).some(({ node, row }) => row === 0 && node !== LIGHTS[0])).toBe(true);
  });

  it('is short when anchors are silent, escalates, and is POH_ACK all the same', () => {
    const yard = new Yard();
    yard.weather = silent(ANCHORS[0]);
    yard.send(tx);
    yard.pass(1_000);
    expect(topics(yard)).toEqual(['REPAIR_REQ', 'POH_ACK']);
    expect(rowsOf(yard, tx)).toContain(9);
    expect(yard.moved.at(-1)).toMatchObject({ needed: 6, rows: 11 });
    expect(isHeldByAll(yard, tx)).toBe(true);
    yard.weather = () => 'arrives';
    yard.pass(20_000);
    expect(topics(yard)).toEqual(['REPAIR_REQ', 'POH_ACK', 'durable']);
    expect(yard.wrong).toEqual([]);
  });

  it('is complete as soon as a silent anchor comes back, after POH_ACK as well', () => {
    const yard = new Yard();
    yard.weather = silent(ANCHORS[2]);
    yard.send(tx);
    yard.pass(1_000);
    expect(topics(yard)).toEqual(['POH_ACK']);
    yard.weather = () => 'arrives';
    yard.pass(10_000);
    expect(topics(yard)).toEqual(['POH_ACK', 'durable']);
  });

  it('is offered again to a ledger that was not there, with all batches', () => {
    const yard = new Yard();
    const away = address(DELEGATES[1], 'ledger');
    yard.weather = (to) => (to === away ? 'lost' : 'arrives');
    yard.send(tx);
    yard.pass(1_000);
    expect(isHeldByAll(yard, tx)).toBe(false);
    yard.weather = () => 'arrives';
    yard.pass(5_000);
    expect(isHeldByAll(yard, tx)).toBe(true);
  });

  it.each(['distribute', 'commit', 'holder'])('survives a restart of its %s', (role) => {
    const yard = new Yard();
    yard.weather = silent(ANCHORS[0], LIGHTS[1]!);
    yard.send(tx);
    yard.pass(60);
    for (const node of role === 'holder' ? LIGHTS : [DELEGATES[0]])
      yard.restart(address(node, role));
    yard.weather = () => 'arrives';
    yard.pass(3_000);
    yard.send(tx);
    yard.pass(5_000);
    expect(isHeldByAll(yard, tx)).toBe(true);
    expect(rowsOf(yard, tx).size).toBeGreaterThanOrEqual(placed(tx));
    expect(yard.wrong).toEqual([]);
  });
});

describe('S5 that has lost its count', () => {
  it('is told again by S4 what it knows, though a holder is silent', () => {
    const yard = new Yard();
    yard.weather = (to, message) =>
      message.kind === 'commit.acks' ? 'lost' : silent(ANCHORS[2])(to, message);
    yard.send(tx);
    yard.pass(2_000);
    expect(topics(yard)).toEqual(['REPAIR_REQ']);
    yard.restart(address(DELEGATES[0], 'commit'));
    yard.weather = silent(ANCHORS[2]);
    yard.send(tx);
    yard.pass(100);
    expect(isHeldByAll(yard, tx)).toBe(true);
  });
});

describe('a planted bug is seen', () => {
  it('ack-before-fsync: an ack comes while its piece is not durable', () => {
    const yard = new Yard('ack-before-fsync');
    for (const node of LIGHTS) yard.slow(node, { syncMs: [500, 500] });
    yard.send(tx);
    yard.pass(400);
    expect(yard.wrong[0]).toContain('before it was durable');
  });

  it('duplicate-ack-counted: a certificate of too few', () => {
    const yard = new Yard('duplicate-ack-counted');
    const there = silent(...LIGHTS, ANCHORS[2]);
    yard.weather = (to, message) => (message.kind === 'commit.acks' ? 'twice' : there(to, message));
    yard.send(tx);
    yard.pass(5_000);
    expect(yard.wrong[0]).toContain('too-few');
  });

  it('commit-below-k: a certificate of too few', () => {
    const yard = new Yard('commit-below-k');
    yard.weather = silent(...ANCHORS, ...LIGHTS.slice(2));
    yard.send(tx);
    yard.pass(5_000);
    expect(yard.wrong[0]).toContain('too-few');
  });

  it('no-holder-check: a certificate of one who was not placed', () => {
    const yard = new Yard('no-holder-check');
    yard.weather = silent(LIGHTS[0]!);
    yard.send(tx);
    yard.forge(tx, 0, STRANGER);
    yard.pass(5_000);
    expect(yard.wrong.some((what) => what.includes('not-placed'))).toBe(true);
  });
});

describe('what liars say', () => {
  it('is not heard by S5, whose word of acks comes from its own S4 alone', () => {
    const yard = new Yard();
    yard.weather = silent(...LIGHTS, ...ANCHORS);
    yard.send(tx);
    const acks = [0, 1, 2, 3, 5, 6].map((row) => ackOf(tx, row, undefined, { key: STRANGER }));
    yard.say(
      LIGHTS[8]!,
      address(DELEGATES[0], 'commit'),
      CommitAcks.of({ txId: tx.order.txId, acks }),
    );
    yard.pass(200);
    expect(topics(yard)).toEqual([]);
  });

  it('is none: an ack of one who was not placed, of another epoch, under a forged signature', () => {
    const yard = new Yard();
    yard.weather = silent(LIGHTS[0]!, ...LIGHTS.slice(5));
    yard.send(tx);
    yard.forge(tx, 0, STRANGER);
    yard.forge(tx, 0, LIGHTS[0]!, { epoch: 1 });
    yard.forge(tx, 0, LIGHTS[0]!, { key: STRANGER });
    yard.forge(tx, 0, LIGHTS[0]!, { wallMs: WALL + 3_600_000 });
    yard.pass(5_000);
    expect(yard.moved.at(-1)).toMatchObject({ state: 'POH_ACK', acks: placed(tx) - 1 });
    expect(yard.wrong).toEqual([]);
  });
});
