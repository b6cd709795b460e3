/**
 * The contracted anchors: who promised a city to keep its pieces, with which keys, and what was promised.
 * An anchor logs in by its contract, where a light shows a grant.
 */
import { z } from 'zod';
import { unbase32 } from '#lib/base32.ts';
import { ok, type Result } from '#lib/result.ts';
import { readDocument } from './document.ts';
import { section, whole } from './expected.ts';

const NODE = /^(?!(?:any|note|sys)\.)[a-z]{1,16}(?:\.[a-z0-9][a-z0-9_-]{0,31}){3}$/;
const EXPECT_ID = 'up to 32 lower-case letters, digits and dashes';
const EXPECT_CONTINENT = 'a continent in lower case, like asia';
const EXPECT_NODE = 'continent.municipality.city.node in lower case, like asia.ishikawa.komatsu.a1';
const EXPECT_NAME = 'a name of up to 120 characters';
const EXPECT_KEY = 'the fingerprint of a key: 52 characters of base32';
const EXPECT_SHARE = 'a share from 0.5 to 1, like 0.999';
const EXPECT_ANCHORS = 'a list of anchors';
const ANCHORS_MAX = 4_096;
const FINGERPRINT_CHARACTERS = 52;

const fingerprint = z
  .string(EXPECT_KEY)
  .refine(
    (text) => text.length === FINGERPRINT_CHARACTERS && unbase32(text) !== undefined,
    EXPECT_KEY,
  );

const AVAILABILITY = z.number(EXPECT_SHARE).min(0.5, EXPECT_SHARE).max(1, EXPECT_SHARE);

const ANCHOR = {
  /** Its number or name in the contract. */
  id: z.string(EXPECT_ID).regex(/^[a-z0-9][a-z0-9-]{0,31}$/, EXPECT_ID),
  continent: z.string(EXPECT_CONTINENT).regex(/^[a-z]{1,16}$/, EXPECT_CONTINENT),
  node: z.string(EXPECT_NODE).regex(NODE, EXPECT_NODE),
  operator: z.string(EXPECT_NAME).min(1, EXPECT_NAME).max(120, EXPECT_NAME),
  /** Signs its logins and acks. */
  signing: fingerprint,
  /** Its pieces are sealed for this one. */
  sealing: fingerprint,
} as const;
/** What was promised. */
const SLA = {
  availability: AVAILABILITY.default(0.999),
  capacity_tb: whole(1, 100_000).default(1_000),
} as const;

export const ANCHORS = section({
  anchors: z
    .array(section({ ...ANCHOR, sla: section(SLA).prefault({}) }), EXPECT_ANCHORS)
    .max(ANCHORS_MAX, `at most ${ANCHORS_MAX} anchors`)
    .default([])
    .superRefine((anchors, context) => {
      for (const { at, field, message } of contradictions(anchors))
        context.addIssue({ code: 'custom', path: [at, field], message });
    }),
});

export type Anchor = z.infer<typeof ANCHORS>['anchors'][number];

interface Contradiction {
  readonly at: number;
  readonly field: keyof typeof ANCHOR;
  readonly message: string;
}

/** Names and keys are each one anchor's, and an anchor is where its name says. */
function contradictions(anchors: readonly Anchor[]): Contradiction[] {
  const found: Contradiction[] = [];
  for (const field of ['id', 'node', 'signing', 'sealing'] as const) {
    const first = new Map<string, string>();
    for (const [at, anchor] of anchors.entries()) {
      const taken = first.get(anchor[field]);
      const message = `another one than that of ${taken}`;
      if (taken === undefined) first.set(anchor[field], anchor.id);
      else found.push({ at, field, message });
    }
  }
  for (const [at, { continent, node }] of anchors.entries()) {
    const named = node.slice(0, node.indexOf('.'));
    const message = `${named}, where its node is`;
    if (named !== continent) found.push({ at, field: 'continent', message });
  }
  return found;
}

export function readAnchors(source: string, file: string): Result<readonly Anchor[]> {
  const read = readDocument(source, file, ANCHORS);
  return read.ok ? ok(read.value.anchors) : read;
}
