/**
 * Policy: all that an operator tunes, as numbers. A file for people (policy/file.ts) becomes a `Policy`
 * once, when it is loaded; after that nothing but integers is compared.
 *
 *   policy.yaml --read--> Policy --stamped by the city--> InForce --resolve(inputs)--> Resolved
 *                         (no names of zones, no decimals)                             (one transaction)
 *
 * A policy is the same for whoever holds the same bytes: zones are carried as spans of constant offset,
 * shares as thousandths, chances as millionths, times as milliseconds. So two nodes whose machines know
 * different rules of daylight saving still resolve alike, and a manifest can be checked years later.
 *
 * Safety: `resolve` is a function of (policy, inputs); whatever the inputs, what it answers lies within
 * the policy's bounds, has no more pieces than the code has rows, and asks for no more acks than pieces.
 * It has k pieces at least wherever anchors are present that the policy may use.
 */

/** Chances and percentages are counted in millionths, shares in thousandths. */
export const MILLION = 1_000_000;
export const THOUSAND = 1_000;
/** Pieces that a transaction can have: the rows of the code. */
export const PIECES_MAX = 256;
export const CONTINENTS_MAX = 8;
export const ANCHORS_MAX = 64;
export const EVENTS_MAX = 32;
export const BOOSTS_MAX = 32;
/** For which a feature is switched. */
export const CITIES_MAX = 64;
/** A hundredfold: beyond that an event would decide alone. */
export const EVENT_PERMILLE_MAX = 100_000;

/** So many committees are remembered. */
export const UNBONDING_EPOCHS_MAX = 256;

export const SIGNATURES = ['ml-dsa-65', 'ml-dsa-44', 'ml-dsa-87'] as const;
export const KEMS = ['ml-kem-768', 'x-wing', 'sntrup761'] as const;
export const LOSSES = ['none', 'anchor', 'continent'] as const;
export const FLOOR_ACTIONS = ['alarm', 'repair'] as const;
/** What can be switched, for some cities or a share of the transactions first. */
export const FEATURES = ['anchor_boost_enabled', 'audits_enabled'] as const;

export type FeatureName = (typeof FEATURES)[number];
/** The first word of a place: `asia` of asia.ishikawa.komatsu. */
export type Continent = string;

export interface Policy {
  readonly pieces: {
    /** Pieces that suffice. */
    readonly k: number;
    readonly lights: number;
    /** On all anchors together, before boosts and before what `surviveLossOf` adds. */
    readonly anchors: number;
    /** `auto`, or the one continent whose anchors are used. */
    readonly split: string;
    /** Of the lights of one operator at most so many, where there are enough of others. */
    readonly perOperator: number;
    /** Of the pieces on lights, so many go to anchors instead while lights that are there have no room. */
    readonly substitutes: number;
  };
  /** By name of the continent. */
  readonly anchors: readonly AnchorsOf[];
  /** After the worst such loss, k pieces remain on the other anchors alone. */
  readonly surviveLossOf: (typeof LOSSES)[number];
  readonly acks: {
    /** Acks beyond k that are waited for. */
    readonly margin: number;
    /** Of the anchor pieces on the sender's continent, so many thousandths must be among the acks. */
    readonly localPermille: number;
    /** From so many anchors at least. */
    readonly anchors: number;
    readonly deadlineMs: number;
    /** Pieces for other anchors when the deadline has passed. */
    readonly escalatePieces: number;
  };
  readonly boosts: readonly Boost[];
  readonly events: readonly Event[];
  /** What boosts may do together. */
  readonly bounds: {
    readonly anchors: Bounds;
    readonly lights: Bounds;
    readonly margin: Bounds;
  };
  /** Those that the conditions name. */
  readonly zones: readonly Zone[];
  readonly ttl: {
    readonly lightMs: number;
    /** 0: as long as there is room. */
    readonly anchorMs: number;
  };
  readonly repair: {
    readonly settleMs: number;
    /** For so long somebody who is away is waited for. */
    readonly missedMs: { readonly light: number; readonly anchor: number };
    readonly startAt: number;
    readonly urgentAt: number;
    readonly anchorPiecesLow: number;
    readonly onlineFloor: number;
    readonly floorAction: (typeof FLOOR_ACTIONS)[number];
    /** Repair of what an anchor keeps starts when so little is left of its time, or of its room. */
    readonly watermarkMs: number;
    readonly watermarkPermille: number;
    readonly bytesPerSecond: number;
    readonly stripeBytes: number;
    /** Of one transaction one delegate repairs at a time. */
    readonly turns: {
      /** What a repairer asks for, and the longest that it can be made, prolonged. */
      readonly leaseMs: number;
      readonly leaseMsMax: number;
      /** Whoever had it for the longest, or ended short, is not the next for so long. */
      readonly restMs: number;
      /** After the first round of a day, twice as long after each further one, and at most. */
      readonly pauseMs: number;
      readonly pauseMsMax: number;
    };
    /** A holder that refused a piece for want of room has none for so long; twice as long each further time, and at most. */
    readonly fullMs: number;
    readonly fullMsMax: number;
  };
  readonly capacity: { readonly lightBytes: number; readonly anchorBytes: number };
  readonly audits: {
    /** What audits found is summed up, scored and paid in spans of so long. */
    readonly epochMs: number;
    /** What each delegate asks for, of all holders together. */
    readonly piecesPerSecond: number;
    /** For so long every ledger has findings in full. */
    readonly keepMs: number;
  };
  /** Harmony, in millionths: for what audits found to be held. */
  readonly rewards: {
    readonly lightPerGibDay: number;
    readonly anchorPerGibDay: number;
    readonly delegatePerDay: number;
    /** The schedule: more is never made in a day, whatever is held. */
    readonly perDay: number;
    /** So often what was earned is paid. */
    readonly epochMs: number;
    /** Of what somebody has been paid, so much is lost to evidence against it. */
    readonly slashPermille: number;
  };
  /** Of delegates: who orders, and what it costs to lie. */
  readonly stake: {
    /** Batches of an epoch; then who orders is elected anew. */
    readonly epochBatches: number;
    /** Delegates that order, at most. */
    readonly seats: number;
    /** Epochs in which stake that was taken back can still be lost, and in which evidence counts. */
    readonly unbondingEpochs: number;
    /** Of the stake, so much is lost to evidence at least. */
    readonly slashPermille: number;
    /** Whoever is convicted within so many epochs of k - 1 others loses (3 k / n)^2. */
    readonly togetherEpochs: number;
    /** Who was seen in fewer batches of an epoch is left out of elections, for so many epochs. */
    readonly presentPermille: number;
    readonly awayEpochs: number;
    /** Of a leader so many turns come to nothing one after another; then others have its turns, for so many batches. */
    readonly missedTurns: number;
    readonly passedBatches: number;
  };
  /** To other cities. */
  readonly transfers: {
    /** Each is to arrive, or to come back, within so long: what is under way is nobody's meanwhile. */
    readonly withinMs: number;
  };
  readonly crypto: {
    readonly signature: (typeof SIGNATURES)[number];
    readonly kem: (typeof KEMS)[number];
  };
  readonly features: readonly Feature[];
  /** What reads and writes are held against. */
  readonly slo: Objective;
  /**
   * Reads or writes burn their budget of errors: delegates find that, and no operator (protocols/slo/). The one part of
   * a policy that no file has; while it is so, boosts with `strained` apply.
   */
  readonly isStrained: boolean;
}

export interface Objective {
  /** Of a million reads or writes so many must be good: done, and in time. */
  readonly goodMillionths: number;
  readonly writeMs: number;
  readonly readMs: number;
  /** The long window of the fast burn; all others follow from it. */
  readonly windowMs: number;
  /** How many times faster than allowed the budget burns that is too fast, in thousandths: in a window, and in six. */
  readonly fastPermille: number;
  readonly slowPermille: number;
}

export interface AnchorsOf {
  readonly continent: Continent;
  readonly anchors: number;
  /** Pieces that the continent takes while others have room. */
  readonly atMost: number;
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** While its condition holds, these are added. */
export interface Boost {
  /** As the operator wrote it. */
  readonly when: string;
  readonly condition: Condition;
  readonly anchors: number;
  readonly lights: number;
  readonly margin: number;
}

/** Something goes on in a city: its nodes weigh more, or less, while the condition holds. */
export interface Event {
  readonly place: string;
  readonly permille: number;
  /** None: always. */
  readonly condition: Condition;
}

/** In reverse Polish order, so that judging it is one pass over a list. */
export type Condition = readonly Term[];

export const COMPARISONS = ['<', '<=', '>', '>='] as const;
export type Compare = (typeof COMPARISONS)[number];

export type Term =
  /** Clocks on the walls of a zone show a time from one minute of the day to before another. */
  | { readonly op: 'time'; readonly zone: number; readonly from: number; readonly to: number }
  /** The share of registered lights that is online; of the sender's continent where none is named. */
  | {
      readonly op: 'p_light';
      readonly continent: Continent;
      readonly compare: Compare;
      readonly millionths: number;
    }
  /** The city has found that reads or writes burn their budget. */
  | { readonly op: 'strained' }
  | { readonly op: 'and' }
  | { readonly op: 'or' };

/** A time zone as spans of constant offset from UTC, each from its moment to the next one's. */
export interface Zone {
  readonly name: string;
  readonly spans: readonly Span[];
}

export interface Span {
  readonly from: number;
  /** What its clocks show less UTC. */
  readonly offsetMs: number;
}

export interface Feature {
  readonly name: FeatureName;
  /** Of all transactions, so many millionths. */
  readonly millionths: number;
  /** Only there; everywhere if there are none. */
  readonly cities: readonly string[];
}

/** A policy that a city has agreed on. */
export interface InForce {
  readonly version: number;
  /** Of the policy's canonical bytes. */
  readonly digest: Uint8Array;
  readonly policy: Policy;
}

/** What the world is like when a transaction is made. */
export interface Inputs {
  /** Milliseconds of UTC. */
  readonly at: number;
  /** Of the sender: continent.municipality.city. */
  readonly city: string;
  /** How many anchors are there, by continent. */
  readonly anchors: ReadonlyMap<Continent, number>;
  /** How many lights could take a piece each. Boosts ask for no more; the policy's own number stands. */
  readonly lights: number;
  /** How many are there and could not: anchors stand in for as many, as far as the policy says. */
  readonly fullLights: number;
  /** Millionths of the registered lights that are online, by continent; what is not here is unknown. */
  readonly pLight: ReadonlyMap<Continent, number>;
  /** Names the transaction; decides about features for a share of them. */
  readonly tx: Uint8Array;
}

/** What holds for one transaction. Its canonical bytes are in protocols/policy.ts. */
export interface Resolved {
  /** Of the policy it follows from. */
  readonly version: number;
  readonly digest: Uint8Array;
  readonly k: number;
  readonly lights: number;
  readonly perOperator: number;
  /** Those that go on. */
  readonly events: readonly { readonly place: string; readonly permille: number }[];
  /** By name; pieces lie as evenly on the anchors of a continent as can be. */
  readonly continents: readonly {
    readonly continent: Continent;
    readonly anchors: number;
    readonly pieces: number;
  }[];
  /** k and the margin. */
  readonly ackNeeded: number;
  /** Of the anchor pieces on the sender's continent; see `localAcks`. */
  readonly ackLocalPermille: number;
  readonly ackAnchors: number;
  readonly ackDeadlineMs: number;
  readonly escalatePieces: number;
  readonly lightTtlMs: number;
  /** 0: as long as there is room. */
  readonly anchorTtlMs: number;
  readonly stripeBytes: number;
  readonly signatureSuite: Policy['crypto']['signature'];
  readonly kemSuite: Policy['crypto']['kem'];
  /** Repair of this transaction starts at so many healthy pieces, or so many on anchors, or fewer. */
  readonly repairAt: number;
  readonly urgentAt: number;
  readonly anchorPiecesLow: number;
  /** Below so many pieces online there is an alarm. */
  readonly onlineFloor: number;
  /** Those that are on for it, by name. */
  readonly features: readonly FeatureName[];
  /** Which boosts apply, by their place in the policy. */
  readonly fired: readonly number[];
}
