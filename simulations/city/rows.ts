/**
 * Rows: which pieces of a transaction lie on platters where the order of the city says that they are, and what may be
 * done to whoever has them. For scenarios of loss; nothing but disks is believed.
 */
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { same } from '#lib/bytes.ts';
import type { Spoken } from '#protocols/effect.ts';
import { placesOf } from '#protocols/fate.ts';
import { isLightRow, placedRows, type Manifest } from '#protocols/manifest.ts';
import { Gone } from '#protocols/repair.messages.ts';
import { address, type NodeAddress } from '#protocols/subjects.ts';
import type { Machine } from '../machine.ts';
import type { Sent } from './applications.ts';
import type { Course } from './course.ts';
import { certifiedOf, fateOf } from './disks.ts';

/** Their machines end, and their disks with them. */
export function lose({ world }: Course, numbers: readonly number[]): readonly Machine[] {
  const machines = numbers.map((number) => world.machines[number]!);
  for (const machine of machines) {
    machine.kill();
    machine.restore();
  }
  return machines;
}

/** Somebody tells the repair of every delegate that these nodes do not come back, or do. */
export function declare(course: Course, machines: readonly Machine[], isBack: boolean): void {
  const { town } = course;
  const nodes = [...town.machineOf].filter(([, machine]) => machines.includes(machine));
  for (const delegate of town.delegates) {
    for (const [node] of nodes) tellUp(course, delegate, Gone.of({ node, isBack }));
  }
}

/** Tells the repair of a delegate; one that is down is told when it is up. */
export function tellUp(course: Course, node: NodeAddress, message: Spoken): void {
  const { world, town } = course;
  const machine = town.machineOf.get(node)!;
  if (machine.state !== 'up') return world.later(1_000, () => tellUp(course, node, message));
  machine.system.send(address(node, 'repair'), message);
}

export const manifestOf = ({ town }: Course, sent: Sent): Manifest =>
  certifiedOf(town, town.delegates[0]!, sent)!.manifest;

/** Who has which row by the order, as the first delegate has applied it. */
export const holdersOf = ({ town }: Course, sent: Sent, manifest: Manifest) =>
  placesOf(manifest, fateOf(town, town.delegates[0]!, sent)).map(({ holder }) => holder);

/** Rows that are on no platter where the order says that they are; or, of lights, with a spare. */
export function lackedRows(course: Course, sent: Sent): readonly number[] {
  const manifest = manifestOf(course, sent);
  const holders = holdersOf(course, sent, manifest);
  return Array.from({ length: placedRows(manifest) }, (_, row) => row).filter((row) => {
    const spares = isLightRow(manifest, row) ? manifest.placement.spares : [];
    return [holders[row]!, ...spares].every((node) => !has(course, manifest, node, row));
  });
}

function has(course: Course, manifest: Manifest, node: NodeAddress, row: number): boolean {
  if (course.town.machineOf.get(node)!.state === 'down') return false;
  const piece = course.pieces.pieceAt(node, manifest.txId, row);
  const hash = manifest.pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);
  return piece !== undefined && same(pieceHash(piece), hash);
}

/** Rows that a repair has placed anew; spares that had theirs from the beginning are none. */
export function movedRows({ town }: Course, sent: Sent): number {
  const { round, places } = fateOf(town, town.delegates[0]!, sent);
  return round === 0 ? 0 : places.length;
}

/** Nothing of it was placed anew. */
export function unmoved(course: Course, sent: Sent): void {
  const moved = movedRows(course, sent);
  course.world.claim(moved === 0, () => `${sent.name} is left alone: ${moved} rows moved`);
}

/** What is not as it was to be: rows that lack, or a city that does not call it sound. */
export function unmended(course: Course, sent: readonly Sent[]): readonly string[] {
  const { town } = course;
  return sent.flatMap((each) => {
    const lacked = lackedRows(course, each);
    const { health } = fateOf(town, town.delegates[0]!, each);
    const isDone = health === 'sound' && lacked.length === 0;
    return isDone ? [] : [`${each.name} lacks ${lacked.join(' ')} (${health})`];
  });
}

/** What some of these machines still hold by the order, or a city does not call sound. */
export function unreleased(
  course: Course,
  sent: readonly Sent[],
  machines: readonly Machine[],
): readonly string[] {
  const { town } = course;
  return sent.flatMap((each) => {
    const manifest = manifestOf(course, each);
    const left = holdersOf(course, each, manifest)
      .slice(0, placedRows(manifest))
      .filter((node) => machines.includes(town.machineOf.get(node)!));
    const { health } = fateOf(town, town.delegates[0]!, each);
    return health === 'sound' && left.length === 0
      ? []
      : [`${each.name} has ${left.length} rows with them (${health})`];
  });
}
