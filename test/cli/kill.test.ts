/** Whom a deed is for: the one process that shows the actor, and never one of several. */
import { describe, expect, it } from 'vitest';
import { hostOf } from '#cli/kill.ts';
import type { Look } from '#cli/sights.ts';

const ADDRESS = 'asia.ishikawa.komatsu.n1.driver';
const look = (process: string, ...addresses: readonly string[]): Look => ({
  process,
  actors: addresses.length,
  sights: addresses.map((address) => ({
    address,
    parent: null,
    phase: 'running',
    incarnation: 1,
    waiting: 0,
    restarts: 0,
    lastReason: null,
  })),
});

describe('who is asked to end an actor', () => {
  it('is the process that shows it', () => {
    expect(hostOf([look('up'), look('p1', 'x'), look('p2', 'y', ADDRESS)], ADDRESS)).toBe('p2');
  });

  it('is nobody where none shows it, or more than one, or one without a proper name', () => {
    expect(() => hostOf([look('p1', 'x')], ADDRESS)).toThrow(/^none of 1 processes/);
    for (const other of ['p9', 'p2']) {
      expect(() => hostOf([look('p2', ADDRESS), look(other, ADDRESS)], ADDRESS)).toThrow(
        `2 processes say they host it: "p2", "${other}"`,
      );
    }
    for (const name of ['', 'p1.do cc1.sys.p2', '>', 'a b', 'p\n1']) {
      expect(() => hostOf([look(name, ADDRESS)], ADDRESS)).toThrow(/a name that is none/);
    }
  });
});
