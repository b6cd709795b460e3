/**
 * Scenario: a city of four delegates, lights, and anchors on two continents keeps what clients send, while
 * processes die, disks are slow, fill up and forget, the network does its worst, holders lie and clients
 * try what they can.
 *
 * Safety, at every moment (checkers/city-*.ts): an ack leaves when its piece is on the platter; nobody votes
 * twice; there is one order, and one winner of each number; what anybody was told is kept can be brought
 * back from the disks alone. Liveness: once healed, every call has ended, every piece is placed, all ledgers
 * are equal, and what is sent then is committed.
 */
import { orderCheckerOfCity } from './checkers/city-order.ts';
import { piecesChecker } from './checkers/city-pieces.ts';
import { votesChecker } from './checkers/city-votes.ts';
import { inject } from './inject.ts';
import { Applications } from './city/applications.ts';
import { drawCity, FAULTS_MS, KINDS, type CityDrawn } from './city/draw.ts';
import { buildTown } from './city/town.ts';
import type { Scenario } from './scenario.ts';

const LOOK_MS = 500;
/** Somebody who was told nothing for long is driven every five seconds. */
const REST_MS_MAX = 90_000;
const AGREED_MS_MAX = 15_000;

export const city: Scenario<CityDrawn> = {
  name: 'city',
  about: 'transactions through their life: kept by whoever says so, in one order',
  sometimes: KINDS.map((kind) => `fault: ${kind}`),
  draw: drawCity,
  run: (world, drawn) => {
    const applications = new Applications(world, drawn);
    const town = buildTown(world, drawn, (node) => applications.children(node));
    const pieces = piecesChecker(world, town, applications);
    const order = orderCheckerOfCity(world, town, applications, pieces.promised);
    applications.onEnd = ({ name }, end, by) => order.told(name, end, by);
    applications.onKept = ({ name }) => pieces.promised(name);
    world.checkers.push(applications.checker, pieces, order, votesChecker(world, town));
    for (const machine of world.machines) machine.boot();
    world.pass(drawn.warmMs);
    applications.begin(town.genesis, town.clients, town.machineOf);
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    for (const { hardware } of world.machines) hardware.setRight();
    world.passUntil(() => applications.open.length === 0, REST_MS_MAX, LOOK_MS);
    const open = applications.open.map(
      ({ sent, client, states }) => `${sent.want} ${sent.name} by ${client}: ${states.join(' ')}`,
    );
    world.claim(open.length === 0, () => `every call ends once healed: ${open.join('; ')}`);
    world.passUntil(() => order.agreed() !== undefined, AGREED_MS_MAX, LOOK_MS);
    world.claim(order.agreed() !== undefined, () => 'all ledgers are equal once healed');
    world.look();
  },
};
