/** The command's own entrances, for any text: numbers, answers from the bus, cluster flags. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wantedCluster } from '#cli/cluster-options.ts';
import { draw, readLook } from '#cli/sights.ts';
import { Unfit, wholeNumber } from '#cli/unfit.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constantFrom('NaN', '1e3', '-1', '0x10', ' 5', '5 ', '９'),
);

describe('entrances of the command, for any text', () => {
  it('take a whole number within bounds, or say what was expected', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.integer().map(String)), (given) => {
        const read = wholeNumber('--n', 1, 1_000);
        if (/^\d+$/.test(given) && Number(given) >= 1 && Number(given) <= 1_000) {
          expect(read(given)).toBe(Number(given));
        } else expect(() => read(given)).toThrow(Unfit);
      }),
    );
  });
  it('take an answer to a look, or leave it', () => {
    const sight = fc.record(
      {
        address: fc.oneof(fc.constantFrom('a', 'b', 'x.a'), fc.string()),
        parent: fc.option(fc.constantFrom('a', 'b', 'x.a')),
        phase: fc.string(),
        waiting: fc.nat(),
        restarts: fc.nat(),
        lastReason: fc.option(fc.string({ unit: 'binary' })),
        incarnation: fc.nat(),
      },
      { noNullPrototype: true },
    );
    const look = fc.record({
      process: fc.string(),
      actors: fc.nat(),
      sights: fc.array(sight, { maxLength: 5 }),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          look.map((each) => JSON.stringify(each)),
        ),
        (given) => {
          const read = readLook(given);
          if (read === undefined) return;
          const drawn = draw([read], { all: true, colours: false, rowsMax: 9 });
          // Nothing but what a terminal shows: no codes of a stranger's.
          expect(
            [...drawn].every(
              (letter) => letter === '\n' || letter === '…' || (letter >= ' ' && letter <= '~'),
            ),
          ).toBe(true);
        },
      ),
    );
  });
  it('make a cluster of flags, or say which is unfit', () => {
    const flags = fc.record(
      {
        processes: fc.integer(),
        nodes: fc.integer(),
        threads: fc.integer(),
        place: fc.string(),
        data: fc.string(),
        nats: fc.string(),
        apiPort: fc.integer(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(flags, (given) => {
        try {
          expect(wantedCluster(given).processes).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Unfit);
        }
      }),
    );
  });
});
