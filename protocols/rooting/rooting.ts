/**
 * Rooting: how far above its city what a city committed has come, as each of its delegates knows it.
 *
 *   own ledger --committed--> window --top--> members of the municipality           (tell.ts)
 *   municipality.find, then level.find of the continent, then of the globe          (search.ts)
 *        --> sealed batch, block, block --> reached: one height of the city a level (advance.ts)
 *   continent --receipt, of more than a third--> taken in
 *   anyone --ask--> how far, and in which batch and blocks                          (from the disk)
 *
 * A level takes in what is below it in order and without gaps, so three heights of the city say it all, and what
 * waits between two levels is a short list. Nothing is believed but the members of the own node, and signatures.
 *
 * Safety: what is said to be rooted stands in what a quorum of that level signed, and the batch there is the one of the
 * own ledger wherever that has it. A receipt is a word, not a proof: it is shown, and nothing follows from it.
 * Liveness: whatever is lost is asked for again. Idle: no timer runs while all that is committed is rooted.
 *
 * Bounds: state.ts. Changes its state in place.
 */
import { assert } from '#lib/assert.ts';
import { whole } from '../codec.ts';
import { reply, type Moment, type Signal, type Step } from '../effect.ts';
import { readAll, readOne } from '../ledger/reads.ts';
import type { Chained } from '../ledger.messages.ts';
import type { SealedWord, SealersTold } from '../municipality.messages.ts';
import { newestSealers } from '../sealers.ts';
import { learn, SEALERS, told as sealersTold } from '../sealers-copy.ts';
import {
  RootTold,
  type AskRoot,
  type Root,
  type RootingHears,
  type RootingSays,
} from '../rooting.messages.ts';
import { address, nodeOf } from '../subjects.ts';
import { hearReceipt, takeSealed } from './advance.ts';
import { answered, askSealers, look, seekAll, verified } from './search.ts';
import {
  At,
  inMunicipality,
  Kept,
  LEVELS,
  newRooting,
  onContinent,
  onGlobe,
  TIMED_MAX,
  TIP,
  WAITING_MAX,
  WINDOW_MAX,
  type Effects,
  type LevelName,
  type Rooting,
  type RootingSelf,
} from './state.ts';
import { askLedger, hearChain, hearCommitted, toldAll } from './tell.ts';

type Did = Step<Rooting, RootingSays>;

export function begin(self: RootingSelf, kept: ReadonlyMap<string, Uint8Array>): Did {
  const rooting = newRooting(self);
  const bytes = kept.get(TIP);
  if (bytes !== undefined) {
    const { waitingContinent, waitingGlobe, ...reached } = whole(Kept, bytes);
    Object.assign(rooting.reached, reached);
    Object.assign(rooting.waiting, { continent: waitingContinent, globe: waitingGlobe });
    rooting.committed = reached.municipality;
    rooting.takenIn = reached.continent;
    self.probe.sometimes('rooting: a later life goes on where another one ended');
  }
  return [rooting, [...askLedger(rooting), ...askSealers(rooting), ...seekAll(rooting)]];
}

export function step(rooting: Rooting, input: RootingHears | Signal, at: Moment): Did {
  const effects = input.kind.includes('.')
    ? heard(rooting, input as RootingHears, at)
    : told(rooting, input as Signal, at);
  return [rooting, effects];
}

function heard(rooting: Rooting, input: RootingHears, at: Moment): Effects {
  const { node } = rooting.self;
  switch (input.kind) {
    case 'rooting.committed':
      if (at.from !== address(node, 'ledger')) return [];
      return [...hearCommitted(rooting, input, at.now), ...seekAll(rooting)];
    case 'municipality.sealed':
      if (at.from !== address(node, 'municipality')) return [];
      return [
        ...learnFrom(rooting, input),
        ...takeSealed(rooting, input.sealed, at.now),
        ...seekAll(rooting),
      ];
    case 'level.receipt':
      return at.from === undefined ? [] : hearReceipt(rooting, input, nodeOf(at.from), at.now);
    case 'rooting.ask':
      return tellRoot(rooting, input, at);
    default:
      return [];
  }
}

function told(rooting: Rooting, input: Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'wake':
      return woken(rooting, input.id, at);
    case 'answered':
    case 'unanswered': {
      const message = input.kind === 'answered' ? input.message : undefined;
      if (input.id === SEALERS) {
        const said = message as SealersTold | undefined;
        sealersTold(rooting.sealers, said, undefined);
        return (said?.handovers.length ?? 0) > 0 ? askSealers(rooting) : [];
      }
      return input.id === 'ledger'
        ? [...hearChain(rooting, message as Chained | undefined), ...seekAll(rooting)]
        : answered(rooting, input.id, message, at.now);
    }
    case 'computed': {
      const isGood = (input.output as readonly boolean[]).every((each) => each);
      return verified(rooting, levelIn(input.id), isGood);
    }
    case 'uncomputed':
      return verified(rooting, levelIn(input.id), false);
    case 'kept': {
      const said = rooting.promised.get(input.id) ?? [];
      rooting.promised.delete(input.id);
      return said;
    }
    case 'recalled':
      return [...readOne(rooting.reads, input.id, input.value)];
    default:
      return [];
  }
}

/** Who seals next: the own node says so with the batch that hands over; of earlier ones it is asked. */
function learnFrom(rooting: Rooting, { sealed }: SealedWord): Effects {
  const { sealers } = rooting;
  const isUnknown = sealed.batch.epoch > newestSealers(sealers.sealers).epoch;
  learn(sealers, sealed);
  return isUnknown ? askSealers(rooting) : [];
}

const levelIn = (id: string): LevelName => id.slice(id.indexOf('/') + 1) as LevelName;

function woken(rooting: Rooting, id: string, at: Moment): Effects {
  if (id === 'tell') return toldAll(rooting);
  if (id === 'ledger') return askLedger(rooting);
  return look(rooting, levelIn(id), at);
}

// --- how far something is ------------------------------------------------------------------------------

function rootOf({ reached, takenIn }: Rooting, height: number): Root | undefined {
  if (height === 0) return undefined;
  if (height <= reached.globe) return 'GLOBE';
  if (height <= reached.continent) return 'CONTINENT';
  if (height <= takenIn) return 'TAKEN_IN';
  return height <= reached.municipality ? 'MUNICIPALITY' : undefined;
}

/** One row leads to the next, as far as there are any. */
function tellRoot(rooting: Rooting, { height }: AskRoot, at: Moment): Effects {
  const { reads } = rooting;
  const root = rootOf(rooting, height);
  const tell = (...[municipality, continent, globe]: readonly number[]): Effects => [
    ...reply(at, RootTold.of({ height, root, municipality, continent, globe })),
  ];
  const next = (key: string, then: (id: number) => Effects, otherwise: () => Effects): Effects => [
    ...readAll(reads, [key], ([row]) =>
      row === undefined ? otherwise() : then(whole(At, row).id),
    ),
  ];
  return next(
    inMunicipality(height),
    (batch) =>
      next(
        onContinent(batch),
        (block) =>
          next(
            onGlobe(block),
            (header) => tell(batch, block, header),
            () => tell(batch, block),
          ),
        () => tell(batch),
      ),
    () => tell(),
  );
}

/** What must be true between any two steps. */
export function invariants({ reached, takenIn, window, waiting, committedAt }: Rooting): void {
  assert(
    reached.globe <= reached.continent && reached.continent <= reached.municipality,
    'nothing is rooted above a level before it is rooted there',
  );
  assert(takenIn <= reached.municipality, 'what is taken in is sealed');
  assert(window.size <= WINDOW_MAX && committedAt.size <= TIMED_MAX, 'heads at hand are bounded');
  assert(
    LEVELS.every((level) => level === 'municipality' || waiting[level].length <= WAITING_MAX),
    'what waits is bounded',
  );
}
