/**
 * `city-chain policy status`: what is in force in running cities, delegate by delegate, and what their operators want.
 *
 *   asia.ishikawa.komatsu: version 2, 0b3f9c..., from height 14 on; not strained
 *   delegate  follows  up to height  sees  its operator wants
 *   d1        2        31            calm  what is in force
 */
import { hex } from '#lib/bytes.ts';
import { catalogue } from '#protocols/codec.ts';
import { AskPolicy, PolicyStatus } from '#protocols/policy.messages.ts';
import { askDelegates, type Told } from './ask-delegates.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface PolicyOf {
  readonly city: string;
  readonly delegates: readonly Told<PolicyStatus>[];
}

export const statusOf = async (city: string, at: Whereabouts): Promise<PolicyOf> => ({
  city,
  delegates: await askDelegates(
    { ...at, city },
    {
      role: 'policy',
      message: AskPolicy.of({}),
      hears: catalogue(PolicyStatus),
      says: catalogue(AskPolicy),
    },
  ),
});

/** As much of a digest as tells policies apart. */
const short = (digest: Uint8Array): string => hex(digest).slice(0, 16);

const answers = ({ delegates }: PolicyOf): PolicyStatus[] =>
  delegates.flatMap(({ told }) => told ?? []);

/** What the city has ordered, as far as anybody who answers has followed it. */
const inForce = (of: PolicyOf): PolicyStatus =>
  answers(of).reduce((newest, each) => (each.version > newest.version ? each : newest));

export const jsonOf = (of: PolicyOf) => {
  const { version, digest, fromHeight, isStrained } = inForce(of);
  return {
    city: of.city,
    version,
    digest,
    fromHeight,
    isStrained,
    delegates: of.delegates.map(({ node, told }) => {
      if (told === undefined) return { node };
      const { kind: _, ...said } = told;
      return said;
    }),
  };
};

const SEES = { burning: 'burning', calm: 'calm', unknown: 'too little to say' } as const;

function rowOf({ node, told }: Told<PolicyStatus>): string[] {
  if (told === undefined) return [node, 'does not answer'];
  const { version, height, verdict, wish } = told;
  const wanted =
    wish === undefined
      ? 'what is in force'
      : `${short(wish.digest)}, with ${wish.permille / 10} % of the stake`;
  return [node, String(version), String(height), SEES[verdict], wanted];
}

export function statusText(of: PolicyOf): string {
  const { version, digest, fromHeight, isStrained } = inForce(of);
  const strained = isStrained ? 'strained: boosts with `strained` apply' : 'not strained';
  const all = answers(of);
  return [
    `${of.city}: version ${version}, ${short(digest)}, from height ${fromHeight} on; ${strained}`,
    table([
      ['delegate', 'follows', 'up to height', 'sees', 'its operator wants'],
      ...of.delegates.map(rowOf),
    ]),
    ...strainText(all),
    ...(all.some(({ wish }) => wish !== undefined)
      ? ['A change takes more than two thirds of the stake.']
      : []),
    ...refusedText(all),
  ].join('\n');
}

/** How much of the stake wants the boost, or wants it to end. */
function strainText(all: readonly PolicyStatus[]): string[] {
  const most = Math.max(...all.map(({ strainPermille }) => strainPermille));
  return most === 0
    ? []
    : [`That ${most / 10} % of the stake want to be otherwise; more than two thirds are needed.`];
}

/** On one machine all of them read one file: what is wrong with it is said once. */
function refusedText(all: readonly PolicyStatus[]): string[] {
  const faults = Map.groupBy(
    all.filter(({ refused }) => refused !== undefined),
    ({ refused }) => refused!,
  );
  return Array.from(faults, ([fault, by]) => {
    const names = by.map(({ node }) => node.slice(node.lastIndexOf('.') + 1)).join(', ');
    return `The last edit was refused by ${names}, what was in force stays:\n${fault}`;
  });
}
