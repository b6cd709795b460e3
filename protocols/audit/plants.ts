/** Bugs of an auditor on purpose, for seeing that the suite catches them; in production there is none. */
export const AUDIT_PLANTS = {
  'audit-silent-as-false': 'silence is told as a false answer',
  'audit-replay-accepted': 'an answer to another challenge is as good as one to this',
  'audit-no-deadline': 'a holder may take as long as it likes',
  'audit-no-containment': 'who owes an answer is asked for something else',
} as const;
export type AuditPlant = keyof typeof AUDIT_PLANTS;
