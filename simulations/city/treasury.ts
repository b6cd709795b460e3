/**
 * What there is in a city, as each of its ledgers has it on its disk; and that nothing of it is made or lost.
 *
 *   accounts + what is on its way to other cities - what came from there = genesis + what rewards have issued
 *   issued = what was paid to each account, and never above what was made
 *   of each delegate bonded + leaving + free + slashed = what genesis gave it
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sign } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { actSignJob } from '#protocols/act.ts';
import { SayAct } from '#protocols/client.messages.ts';
import { whole } from '#protocols/codec.ts';
import { stakesIn } from '#protocols/ledger/epochs.ts';
import { ObjectRow } from '#protocols/ledger/object-records.ts';
import { HEAD, Head, LIVE } from '#protocols/ledger/records.ts';
import type { CityObject } from '#protocols/objects/object.ts';
import { payrollOf } from '#protocols/objects/payroll.ts';
import { leavingOf } from '#protocols/stake/stakes.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import { keyPrefix } from '#runtime/lives.ts';
import { EPOCH_MS } from '../clock.ts';
import type { World } from '../world.ts';
import { secretsFrom, verifyingOf, type Town } from './town.ts';

/** The objects of a city as one ledger has them. */
export interface Held {
  readonly height: number;
  readonly objects: ReadonlyMap<string, CityObject>;
}

export function heldBy(town: Town, node: NodeAddress): Held {
  const { disk } = town.machineOf.get(node)!;
  const prefix = keyPrefix(address(node, 'ledger'));
  const head = disk.durable(prefix + HEAD);
  const rows = disk.durableUnder(`${prefix}object/`);
  return {
    height: head === undefined ? 0 : whole(Head, head).height,
    objects: new Map(
      rows.map(([key, row]) => [
        key.slice(prefix.length + 'object/'.length),
        whole(ObjectRow, row).now,
      ]),
    ),
  };
}

const sumOver = ({ objects }: Held, of: (value: CityObject['value']) => bigint): bigint =>
  [...objects.values()].reduce((sum, { value }) => sum + of(value), 0n);

export const accountsIn = (held: Held): bigint =>
  sumOver(held, (value) => (value.is === 'account' ? value.balance : 0n));

/** What rewards have issued, as the payroll has it. */
export const issuedIn = ({ objects }: Held): bigint =>
  payrollOf((name) => objects.get(hex(name))).issued;

/** What has left a city by this, or, below zero, come into it. */
function isAway(value: CityObject['value']): bigint {
  if (value.is === 'escrow') return value.stands === 'released' ? 0n : value.amount;
  return value.is === 'taken' ? -value.amount : 0n;
}

/** One ledger has neither made nor lost anything. */
export function conserves(world: World, { genesis }: Town, held: Held): void {
  const { objects, height } = held;
  if (objects.size === 0) return;
  const had = (genesis.endowments ?? []).reduce((all, { amount }) => all + amount, 0n);
  const has = accountsIn(held) + sumOver(held, isAway);
  const { issued, sums } = payrollOf((name) => objects.get(hex(name)));
  const paid = sumOver(held, (value) => (value.is === 'wage' ? value.amount : 0n));
  world.claim(
    has === had + issued,
    () => `${genesis.place} has ${has} at ${height}, of ${had}, and ${issued} that were issued`,
  );
  world.claim(
    paid === issued && issued <= sums.made,
    () => `${genesis.place} issued ${issued} and paid ${paid}, of ${sums.made}`,
  );
}

/** The same of what delegates have at stake. */
export function conservesStakes(
  world: World,
  { genesis, machineOf }: Town,
  node: NodeAddress,
): void {
  const prefix = keyPrefix(address(node, 'ledger'));
  const { disk } = machineOf.get(node)!;
  const rows = disk
    .durableUnder(prefix + LIVE)
    .map(([key, row]) => [key.slice(prefix.length), row] as const);
  const { delegates } = stakesIn(genesis, new Map(rows));
  const sum = delegates.reduce(
    (all, each) => all + each.bonded + leavingOf(each) + each.free + each.slashed,
    0n,
  );
  const had = genesis.delegates.reduce((all, { stake }) => all + stake, 0n);
  world.claim(sum === had, () => `${node} has stakes of ${sum}, of ${had}`);
}

/** Somebody says, through a client of the town, to whose account goes what a node earns. */
export function nameAccount(world: World, town: Town, node: NodeAddress, to: Uint8Array): void {
  const secrets = secretsFrom(world.random.fork('town').fork(node));
  const { signing } = secrets;
  const at = stampBytes({ wallMs: EPOCH_MS + Math.floor(world.nowMs), count: 0 });
  const { place, network } = town.genesis;
  const what = { says: 'payee', node, to } as const;
  const act = { version: 1, place, about: undefined, at, what };
  const key = verifyingOf(secrets);
  const signed = { act, key, signature: sign(actSignJob(network, act, signing)) };
  const [client] = town.clients;
  const machine = town.machineOf.get(client!)!;
  const message = SayAct.of({ act: signed, withinMs: 30_000 });
  if (machine.state !== 'down') machine.system.send(address(client!, 'client'), message);
}
