/**
 * The auditor of a delegate (protocols/audit/): asks holders for what they hold, tells the city what it found, and
 * knows how everybody stands by what was ordered.
 */
import type { Policy } from '#config/policy.ts';
import { begin, invariants, step, type Auditing } from '#protocols/audit/auditor.ts';
import type { AuditPlant } from '#protocols/audit/plants.ts';
import {
  AUDIT_HEARS,
  AUDIT_SAYS,
  type AuditHears,
  type AuditSays,
} from '#protocols/audit.messages.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

/** `policy`: the city's first, the same on every delegate; changes follow from its batches. */
export function audit(self: Self, policy: Policy, plant?: AuditPlant): AnyActor {
  const actor: Actor<Auditing, AuditHears, AuditSays> = {
    address: address(self.node, 'audit'),
    listens: AUDIT_HEARS,
    speaks: AUDIT_SAYS,
    keeps: true,
    anyone: true,
    start: (at, kept) => begin({ self, policy, plant }, at, kept),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}
