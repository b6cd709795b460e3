/**
 * Messages of the ring.
 *
 * | kind           | from   | to     | answer                        |
 * | -------------- | ------ | ------ | ----------------------------- |
 * | `ring.turn`    | driver | turner | `ring.turned`, `ring.refused` |
 * | `ring.turned`  | turner | driver |                               |
 * | `ring.refused` | turner | driver |                               |
 * | `ring.lock`    | turner | keeper | `ring.locked`, `ring.busy`    |
 * | `ring.locked`  | keeper | turner |                               |
 * | `ring.busy`    | keeper | turner |                               |
 * | `ring.release` | turner | keeper |                               |
 * | `ring.write`   | turner | keeper | `ring.written`                |
 * | `ring.written` | keeper | turner |                               |
 * | `ring.inquire` | keeper | turner | `ring.outcome`                |
 * | `ring.outcome` | turner | keeper |                               |
 * | `ring.rest`    | anyone | driver |                               |
 *
 * Every request may be repeated, and is then answered alike.
 */
import { catalogue, message, oneOf, optional, record, type Infer } from './codec.ts';
import { attempt, slot, turnNumber, version } from './ring.ts';

const written = { attempt, slot, next: slot, version };

/** Turn the ring at `start`: the slot after the next one moves in front of the next one. */
export const TurnRing = message('ring.turn', { turn: turnNumber, start: slot });
/** It is decided, durably; the slots follow. */
export const RingTurned = message('ring.turned', { turn: turnNumber });
/** It did not happen and will not. */
export const RingRefused = message('ring.refused', {
  turn: turnNumber,
  reason: oneOf('too-busy'),
});

/** Lock a slot for an attempt, and say what is in it. */
export const LockSlot = message('ring.lock', { attempt, slot });
/** It is locked, durably, until it is written or the attempt is dropped. */
export const SlotLocked = message('ring.locked', written);
/** Another attempt has it. */
export const SlotBusy = message('ring.busy', { attempt, slot });
/** The attempt was dropped. Sent once: a keeper that does not hear it inquires. */
export const ReleaseSlot = message('ring.release', { attempt, slot });
/** The attempt succeeded: this is what is in the slot now. */
export const WriteSlot = message('ring.write', written);
/** It is in the slot, durably. */
export const SlotWritten = message('ring.written', { attempt, slot });

/** What became of the attempt that has locked this slot? */
export const Inquire = message('ring.inquire', { attempt, slot });
export const Outcome = message('ring.outcome', {
  attempt,
  slot,
  is: oneOf('open', 'dropped', 'decided'),
  /** What a decision puts into the slot. */
  value: optional(record({ next: slot, version })),
});

/** Begin no more turns. */
export const Rest = message('ring.rest', {});

export const KEEPER_HEARS = catalogue(LockSlot, ReleaseSlot, WriteSlot, Outcome);
export const KEEPER_SAYS = catalogue(SlotLocked, SlotBusy, SlotWritten, Inquire);
export const TURNER_HEARS = catalogue(TurnRing, SlotLocked, SlotBusy, SlotWritten, Inquire);
export const TURNER_SAYS = catalogue(
  RingTurned,
  RingRefused,
  LockSlot,
  ReleaseSlot,
  WriteSlot,
  Outcome,
);
export const DRIVER_HEARS = catalogue(RingTurned, RingRefused, Rest);
export const DRIVER_SAYS = catalogue(TurnRing);

export type TurnRing = Infer<typeof TurnRing>;
export type LockSlot = Infer<typeof LockSlot>;
export type SlotLocked = Infer<typeof SlotLocked>;
export type ReleaseSlot = Infer<typeof ReleaseSlot>;
export type WriteSlot = Infer<typeof WriteSlot>;
export type Inquire = Infer<typeof Inquire>;
export type Outcome = Infer<typeof Outcome>;
export type KeeperHears = Infer<typeof KEEPER_HEARS>;
export type KeeperSays = Infer<typeof KEEPER_SAYS>;
export type TurnerHears = Infer<typeof TURNER_HEARS>;
export type TurnerSays = Infer<typeof TURNER_SAYS>;
export type DriverHears = Infer<typeof DRIVER_HEARS>;
export type DriverSays = Infer<typeof DRIVER_SAYS>;
