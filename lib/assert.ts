/**
 * Assertions. A broken claim is a bug in this program, never a fault of a peer, a disk or a wire:
 * those are data and are answered. The actor that breaks a claim ends; its supervisor judges.
 */

/** The program contradicts itself. Caught by the actor loop only. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** State `claim` positively, as the sentence that must be true: `assert(min <= max, 'min <= max')`. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new InvariantViolation(claim);
}

/** Closes a `switch` over a union; a new member of the union becomes a compile error here. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable case: ${String(value)}`);
}
