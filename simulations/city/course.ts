/**
 * The course of a run of the city: it is built, watched, disturbed, healed, and comes to rest.
 *
 *   built --(warm)--> sent to, disturbed --(heal)--> every call ends --> pieces placed --> ledgers equal
 *
 * What must hold at every moment is the checkers' affair; what must come about once healed is here.
 */
import { boundsChecker, underWay } from '../checkers/city-bounds.ts';
import { doorsChecker } from '../checkers/city-doors.ts';
import { orderCheckerOfCity, type OrderChecker } from '../checkers/city-order.ts';
import { piecesChecker, type PiecesChecker } from '../checkers/city-pieces.ts';
import { placedChecker, type PlacedChecker } from '../checkers/city-placed.ts';
import { statesChecker } from '../checkers/city-states.ts';
import { tipsChecker, type TipsChecker } from '../checkers/city-tips.ts';
import { verticesChecker } from '../checkers/city-vertices.ts';
import { inject } from '../inject.ts';
import type { World } from '../world.ts';
import { Applications } from './applications.ts';
import { FAULTS_MS, type CityDrawn } from './draw.ts';
import { Rogue, type Pair } from './rogue.ts';
import { buildTown, ROGUE, type Town } from './town.ts';

const LOOK_MS = 500;
/** Somebody who was told nothing for long is driven every five seconds. */
const REST_MS_MAX = 90_000;
const AGREED_MS_MAX = 15_000;
/** For so long S4 asks holders for a row (distribute/state.ts). */
const PLACED_MS_MAX = 75_000;
/** An anchor asks by itself after a minute and a half; a restarted one has to find its neighbours first. */
const TOLD_MS_MAX = 120_000;

export interface Course {
  readonly world: World;
  readonly drawn: CityDrawn;
  readonly town: Town;
  readonly applications: Applications;
  readonly pieces: PiecesChecker;
  readonly order: OrderChecker;
  readonly placed: PlacedChecker;
  readonly tips: TipsChecker;
  readonly rogue: Rogue | undefined;
}

/** A city that is switched on, with everybody who watches it. */
export function begun(world: World, drawn: CityDrawn): Course {
  const applications = new Applications(world, drawn);
  const rogue = drawn.hasRogue ? new Rogue(world, applications, ROGUE) : undefined;
  const town = buildTown(world, drawn, (node) =>
    node === ROGUE ? rogue!.children() : applications.children(node),
  );
  const pieces = piecesChecker(world, town, applications);
  const order = orderCheckerOfCity(world, town, applications, pieces.promised);
  applications.onEnd = ({ name }, end, by) => order.told(name, end, by);
  applications.onKept = ({ name }) => pieces.promised(name);
  const placed = placedChecker(world, town, applications, pieces, order);
  world.checkers.push(applications.checker, pieces, order, placed, verticesChecker(world, town));
  const tips = tipsChecker(world, town);
  world.checkers.push(statesChecker(world, town, applications), boundsChecker(world, town), tips);
  world.checkers.push(doorsChecker(world, town, applications, drawn.allowance.burst));
  for (const machine of world.machines) machine.boot();
  world.pass(drawn.warmMs);
  applications.begin(town.genesis, town.clients, town.machineOf);
  if (rogue !== undefined) world.checkers.push(rogue.checker);
  rogue?.begin(town.genesis, town.machineOf.get(ROGUE)!, FAULTS_MS);
  return { world, drawn, town, applications, pieces, order, placed, tips, rogue };
}

/** Everything of the plan happens, then nothing more goes wrong. */
export function endured({ world, drawn }: Course, forMs: number): void {
  const heal = inject(world, drawn.plan);
  for (let ms = 0; ms < forMs; ms += LOOK_MS) {
    world.pass(LOOK_MS);
    world.look();
  }
  heal();
  for (const { hardware } of world.machines) hardware.setRight();
}

/** Every call has ended, and all ledgers are equal. */
export function rested(course: Course): void {
  const { world, applications, order, placed } = course;
  world.passUntil(() => applications.open.length === 0, REST_MS_MAX, LOOK_MS);
  const calls = applications.open.map(
    ({ sent, client, states }) => `${sent.want} ${sent.name} by ${client}: ${states.join(' ')}`,
  );
  world.claim(calls.length === 0, () => `every call ends once healed: ${calls.join('; ')}`);
  world.passUntil(() => order.agreed() !== undefined, AGREED_MS_MAX, LOOK_MS);
  world.claim(order.agreed() !== undefined, () => 'all ledgers are equal once healed');
  decided(course);
  const open = (): readonly string[] => underWay(course.town);
  // What nobody waits for any more is driven on all the same, and may be placed anew at the end of that.
  world.passUntil(() => open().length === 0, REST_MS_MAX + PLACED_MS_MAX, LOOK_MS);
  world.claim(open().length === 0, () => `nothing is left waiting: ${open().join('; ')}`);
  world.passUntil(() => placed.lacking().length === 0, PLACED_MS_MAX, 5 * LOOK_MS);
  const lacking = placed.lacking();
  world.claim(lacking.length === 0, () => `every piece is placed: ${lacking.join('; ')}`);
  informed(course);
  world.look();
}

/** Everybody in the overlay knows how far the order was. */
function informed({ world, order, tips }: Course): void {
  let height = 0;
  world.passUntil(() => (height = order.agreed()?.height ?? 0) > 0, AGREED_MS_MAX, LOOK_MS);
  const behind = (): readonly string[] => tips.behind(height);
  world.passUntil(() => behind().length === 0, TOLD_MS_MAX, LOOK_MS);
  world.claim(behind().length === 0, () => `who knows nothing of ${height}: ${behind().join(' ')}`);
}

/** Of two in conflict, at two doors at once, one is committed as soon as a door took one of them, and not the other. */
function decided({ world, order, rogue }: Course): void {
  const taken = (rogue?.pairs ?? []).filter(({ isAccepted }) => isAccepted);
  const winners = ({ sent }: Pair): number =>
    sent.filter(({ name }) => order.isCommitted(name)).length;
  world.passUntil(() => taken.every((pair) => winners(pair) > 0), REST_MS_MAX, LOOK_MS);
  for (const pair of taken) {
    const names = (): string => pair.sent.map(({ name }) => name).join(' and ');
    world.claim(winners(pair) === 1, () => `one of ${names()} is committed: ${winners(pair)}`);
  }
}
