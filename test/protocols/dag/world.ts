/** Groups that order, for scenarios that are chosen by hand: what breaks a claim is thrown as time passes. */
import { DagGroup, type GroupOptions } from '#simulations/twins/dag-group.ts';
import { World } from '#simulations/world.ts';
import { seeded } from '#test/runtime/manual.ts';

export { KOMATSU } from '#simulations/twins/dag-group.ts';

export const groupOf = ({ seed, ...options }: GroupOptions & { readonly seed: number }): DagGroup =>
  new DagGroup(new World({ seed }), seeded(seed * 7_919 + 1), options);
