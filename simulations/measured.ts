/**
 * A world to measure in: what happens in it is what happens in every other one, with cheap cryptography, and
 * without what only a simulation costs: no checkpoints, no invariants after each step.
 */
import { withoutAmbient } from './ambient.ts';
import { withCheapCrypto } from './crypto.ts';
import { World } from './world.ts';

export const measured = <T>(
  seed: number,
  run: (world: World) => T,
  print?: (text: string) => void,
): T => withCheapCrypto(() => withoutAmbient(() => run(new World({ seed, isBare: true, print }))));
