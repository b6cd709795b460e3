/**
 * The lifecycle of a transaction, as two small machines beside each other.
 *
 *   order    FRESH --certified--> POH_ACK --committed--> COMMITTED --expired--> EXPIRED
 *              |                     |
 *              '--refused--.         '--conflict-lost--.          (FRESH and POH_ACK expire as well)
 *                          '-------> REJECTED <--------'
 *
 *   health   sound --short | thin--> REPAIR_REQ --restored--> sound
 *                                       |    ^
 *                                       lost returned
 *                                       v    |
 *                                       LOST-'     (restored leads from LOST to sound at once)
 *
 * Order is monotone and, from POH_ACK on, a function of the committed prefix: the same on every node.
 * Health goes back and forth with the world and is judged by whoever repairs. People are shown
 * REPAIR_REQ or LOST while health says so and the order has not ended, else the order.
 *
 * Safety: COMMITTED never without POH_ACK; nothing leaves REJECTED or EXPIRED; replaying any event
 * changes nothing. Every transition names the verifiable object that caused it.
 *
 * `LIFECYCLE` is the specification: plain data in xstate's notation, from which the picture in
 * docs/protocols/lifecycle.md is made. It runs through a table compiled from it, over plain records: a
 * delegate holds a hundred thousand of them, and a running machine for each would be 25 times larger.
 */
import { assert } from '#lib/assert.ts';
import type { Brand } from '#lib/brand.ts';

export const LIFECYCLE = {
  id: 'transaction',
  type: 'parallel',
  states: {
    order: {
      initial: 'FRESH',
      states: {
        FRESH: { on: { certified: 'POH_ACK', refused: 'REJECTED', expired: 'EXPIRED' } },
        POH_ACK: {
          on: { committed: 'COMMITTED', 'conflict-lost': 'REJECTED', expired: 'EXPIRED' },
        },
        COMMITTED: { on: { expired: 'EXPIRED' } },
        REJECTED: {},
        EXPIRED: {},
      },
    },
    health: {
      initial: 'sound',
      states: {
        sound: { on: { short: 'REPAIR_REQ', thin: 'REPAIR_REQ' } },
        REPAIR_REQ: { on: { restored: 'sound', lost: 'LOST' } },
        LOST: { on: { returned: 'REPAIR_REQ', restored: 'sound' } },
      },
    },
  },
} as const;

type Regions = (typeof LIFECYCLE)['states'];
export type Order = keyof Regions['order']['states'];
export type Health = keyof Regions['health']['states'];
export type Shown = Order | Exclude<Health, 'sound'>;

/** The digest of the object that anyone can check: a certificate, a batch, a refusal, an audit. */
export type Cause = Brand<string, 'Cause'>;

export type LifecycleEvent =
  /** Enough acks by the rule of the policy in force. Cause: the ack certificate. */
  | { readonly event: 'certified'; readonly cause: Cause }
  /** Invalid, or there is no room for it. Cause: the refusal. */
  | { readonly event: 'refused'; readonly cause: Cause }
  /** In a committed city batch. Cause: batch and proof. */
  | { readonly event: 'committed'; readonly cause: Cause }
  /** Another transaction of the same sender and seq was committed. Cause: that one's batch. */
  | { readonly event: 'conflict-lost'; readonly cause: Cause }
  /** Its time to live is over. Cause: the header. */
  | { readonly event: 'expired'; readonly cause: Cause }
  /** The ack deadline passed with too few. Cause: the acks that there are. */
  | { readonly event: 'short'; readonly cause: Cause }
  /** Healthy pieces are at or below the threshold. Cause: the audits. */
  | { readonly event: 'thin'; readonly cause: Cause }
  /** The target is met again. Cause: the acks of the new pieces. */
  | { readonly event: 'restored'; readonly cause: Cause }
  /** Fewer than k pieces past the deadline. Cause: the audits. */
  | { readonly event: 'lost'; readonly cause: Cause }
  /** At least k pieces are there again. Cause: the audits. */
  | { readonly event: 'returned'; readonly cause: Cause };

export type EventName = LifecycleEvent['event'];

/** Where a transaction stands. */
export interface Standing {
  readonly order: Order;
  readonly health: Health;
}

export interface Transition {
  readonly from: Shown;
  readonly to: Shown;
  readonly event: EventName;
  readonly cause: Cause;
}

/** One record for each combination, shared by all transactions that stand there. */
const STANDINGS = new Map<string, Standing>();

export function standing(order: Order, health: Health): Standing {
  const key = `${order} ${health}`;
  const known = STANDINGS.get(key);
  if (known !== undefined) return known;
  const made = Object.freeze({ order, health });
  STANDINGS.set(key, made);
  return made;
}

export const BEGIN: Standing = standing(
  LIFECYCLE.states.order.initial,
  LIFECYCLE.states.health.initial,
);

type Table = ReadonlyMap<Standing, ReadonlyMap<EventName, Standing>>;
const TABLE: Table = compile();

function compile(): Table {
  const { order, health } = LIFECYCLE.states;
  const table = new Map<Standing, Map<EventName, Standing>>();
  for (const [o, inOrder] of entries(order.states)) {
    for (const [h, inHealth] of entries(health.states)) {
      const row = new Map<EventName, Standing>();
      for (const [event, target] of edges(inOrder)) row.set(event, standing(target as Order, h));
      for (const [event, target] of edges(inHealth)) row.set(event, standing(o, target as Health));
      table.set(standing(o, h), row);
    }
  }
  return table;
}

function entries<K extends string, V>(of: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(of) as [K, V][];
}

function edges(state: { readonly on?: object }): [EventName, string][] {
  return entries((state.on ?? {}) as Readonly<Record<EventName, string>>);
}

/** Where an event leads; the same standing when it changes nothing. */
export function step(from: Standing, event: EventName): Standing {
  const row = TABLE.get(from);
  assert(row !== undefined, 'a standing comes from BEGIN by steps');
  return row.get(event) ?? from;
}

/** What people and DApps are shown. An order that has ended has no health left to speak of. */
export function shown({ order, health }: Standing): Shown {
  const hasEnded = order === 'REJECTED' || order === 'EXPIRED';
  return hasEnded || health === 'sound' ? order : health;
}

/** The transition that an event makes visible, if it does. */
export function transition(
  from: Standing,
  { event, cause }: LifecycleEvent,
): Transition | undefined {
  const [before, after] = [shown(from), shown(step(from, event))];
  return before === after ? undefined : { from: before, to: after, event, cause };
}

/** The picture, for the documentation. */
export function mermaid(): string {
  const lines = ['stateDiagram-v2'];
  for (const [region, { initial, states }] of entries(LIFECYCLE.states)) {
    lines.push(`  state ${region} {`, `    [*] --> ${initial}`);
    for (const [from, state] of entries(states as Readonly<Record<string, object>>)) {
      for (const [event, to] of edges(state)) lines.push(`    ${from} --> ${to}: ${event}`);
    }
    lines.push('  }');
  }
  return lines.join('\n');
}
