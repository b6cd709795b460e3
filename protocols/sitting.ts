/**
 * Who sits on a level above a city in an epoch, and with what stake: delegates of its cities, by name. A level says it in bytes
 * of its own, so that whoever verifies it needs no stakes of cities, and no rule by which members are chosen.
 */
import { list, record, u64, type Infer } from './codec.ts';
import { DELEGATES_MAX, type Delegate } from './genesis.ts';
import { nodeName } from './terms.ts';

export const Sitting = record({ node: nodeName, stake: u64 });
export type Sitting = Infer<typeof Sitting>;
/** In the order of their names. */
export const sittings = list(Sitting, DELEGATES_MAX);

/** Whoever may be asked to sit. */
export type Standing = readonly { readonly delegates: readonly Delegate[] }[];

export const sittingsOf = (members: readonly Delegate[]): Sitting[] =>
  members.map(({ node, stake }) => ({ node: node as Sitting['node'], stake }));

/** Those who sit, with their keys; nobody where one of them is no delegate, has no stake, or stands out of its turn. */
export function seated(standing: Standing, sitting: readonly Sitting[]): Delegate[] | undefined {
  const members: Delegate[] = [];
  for (const { node, stake } of sitting) {
    const known = delegateIn(standing, node);
    const last = members.at(-1);
    if (known === undefined || stake === 0n || (last !== undefined && last.node >= node))
      return undefined;
    members.push({ ...known, stake });
  }
  return members.length === 0 ? undefined : members;
}

function delegateIn(standing: Standing, node: string): Delegate | undefined {
  for (const { delegates } of standing) {
    const found = delegates.find((each) => each.node === node);
    if (found !== undefined) return found;
  }
  return undefined;
}

export const areAlike = (some: readonly Sitting[], others: readonly Sitting[]): boolean =>
  some.length === others.length &&
  some.every(({ node, stake }, i) => others[i]!.node === node && others[i]!.stake === stake);
