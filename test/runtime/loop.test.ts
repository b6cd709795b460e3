/** When the loop takes its turns: at once for what came in from outside, and soon for everything else. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#config/limits.ts';
import type { Cell } from '#runtime/cell.ts';
import { Loop } from '#runtime/loop.ts';
import { Manual } from './manual.ts';

/** A loop whose cells have so much to do, and the turns it asked for. */
function looping(inputs: number, returns = true) {
  const { clock } = new Manual();
  const [soon, onReturn]: (() => void)[][] = [[], []];
  const work = { left: inputs };
  const scheduler = {
    soon: (turn: () => void) => void soon!.push(turn),
    ...(returns && { onReturn: (turn: () => void) => void onReturn!.push(turn) }),
  };
  const loop = new Loop(scheduler, clock, (_, max) => {
    const handled = Math.min(max, work.left);
    work.left -= handled;
    return handled;
  });
  const wake = (): void => loop.wake({} as Cell);
  const arrive = (): void => loop.arrive(wake, undefined);
  return { loop, wake, arrive, work, soon: soon!, onReturn: onReturn! };
}

describe('a loop', () => {
  it('handles what came in when whatever brought it has returned, all of it together', () => {
    const { arrive, work, soon, onReturn } = looping(3);
    arrive();
    arrive();
    expect([soon.length, onReturn.length, work.left]).toEqual([0, 1, 3]);
    onReturn.shift()!();
    expect([soon.length, onReturn.length, work.left]).toEqual([0, 0, 0]);
  });

  it('leaves what is too much for a turn to the event loop, however much comes in', () => {
    const { arrive, soon, onReturn } = looping(100 * LIMITS.turnInputsMax);
    for (let i = 0; i < 20; i++) {
      arrive();
      onReturn.shift()?.();
      expect([soon.length, onReturn.length]).toEqual([1, 0]);
    }
  });

  it('waits for what is ready where nothing came in, or nobody says when all has returned', () => {
    const own = looping(3);
    own.wake();
    expect([own.soon.length, own.onReturn.length]).toEqual([1, 0]);
    const plain = looping(3, false);
    plain.arrive();
    expect([plain.soon.length, plain.onReturn.length]).toEqual([1, 0]);
  });

  it('takes no turn after it was closed', () => {
    const { loop, arrive, work, onReturn } = looping(3);
    arrive();
    loop.close();
    onReturn.shift()!();
    arrive();
    expect([onReturn.length, work.left]).toEqual([0, 3]);
  });
});
