/**
 * All contracts that there are, by name and version. Whoever orders in a city has the code of those that its genesis names; what
 * one of them does never changes: another version is another contract, with cells of its own.
 *
 * | contract     | does                                                       |
 * | ------------ | ---------------------------------------------------------- |
 * | `register@1` | names, first come, first served, handed on by who has them |
 */
import { assert } from '#lib/assert.ts';
import { oncePer } from '#lib/once.ts';
import type { Genesis } from '../genesis.ts';
import type { Contract } from './contract.ts';
import type { Contracts } from './desk.ts';
import { register } from './register.ts';

export const CONTRACTS: Contracts = new Map<string, Contract>([['register@1', register]]);

/** Those of a city's that this release lacks: with one of them nobody can follow what it orders. */
export const unknownContracts = ({ contracts = [] }: Pick<Genesis, 'contracts'>): string[] =>
  contracts.filter((name) => !CONTRACTS.has(name));

/** What a city runs. */
export const contractsOf = oncePer((genesis: Genesis): Contracts => {
  assert(unknownContracts(genesis).length === 0, 'whoever orders in a city has its contracts');
  const named = new Set(genesis.contracts);
  return new Map([...CONTRACTS].filter(([name]) => named.has(name)));
});
