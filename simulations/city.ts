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
import { begun, endured, rested } from './city/course.ts';
import { drawCity, FAULTS_MS, KINDS, type CityDrawn } from './city/draw.ts';
import { COMMON, RARER } from './city/sometimes.ts';
import type { Scenario } from './scenario.ts';

export const city: Scenario<CityDrawn> = {
  name: 'city',
  about: 'transactions through their life: kept by whoever says so, in one order',
  sometimes: [...KINDS.map((kind) => `fault: ${kind}`), ...COMMON, ...RARER],
  draw: drawCity,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    endured(course, FAULTS_MS);
    rested(course);
  },
};
