/**
 * Liars among the acks: holders that signed for a piece and do not have it.
 *
 * The ack rule waits for k + margin acks, so in the worst case `margin` of them may lie and k pieces
 * are still there. How likely it is that more lie, when a share of all lights lies and the placement
 * (which no liar chooses) drew the lights: a binomial tail. Anchors are contracted and audited; their
 * acks count as true here. That is the moment of the promise, before any audit has found a liar.
 */
import { binomial, certain, chanceBelow, sum } from '#algorithms/distribution.ts';
import { assert } from '#lib/assert.ts';
import { readFails } from './availability.ts';
import { lightsIn, type Layout } from './layout.ts';

export interface Acks {
  readonly k: number;
  /** Acks beyond k that are waited for. */
  readonly margin: number;
  /** Anchors of the sender's continent that must be among them, at the least. */
  readonly anchors: number;
  /** Of all acks, those of the pieces on these anchors. */
  readonly ofAnchors: number;
}

/** The policy's default: 25 of 42. */
export const MARGIN = 15;
const ANCHORS_LEAST = 2;

/** At least two thirds of the anchor pieces on the sender's continent, and from two anchors. */
export function acksOf({ k, lights, anchors }: Layout, margin: number): Acks {
  const local = anchors.find(({ continent }) => continent === lights[0]?.continent);
  if (local === undefined) return { k, margin, anchors: 0, ofAnchors: 0 };
  const wanted = Math.max(ANCHORS_LEAST, Math.ceil((2 * local.devices) / 3));
  const devices = Math.min(local.devices, wanted, Math.floor((k + margin) / local.piecesEach));
  return { k, margin, anchors: devices, ofAnchors: devices * local.piecesEach };
}

/** How many liars never hurt, whoever they are. */
export const liarsCovered = ({ margin }: Acks): number => margin;

/** The chance that, at the moment of the promise, fewer than k pieces exist; `lies` is a light's. */
export function promiseIsEmpty(acks: Acks, lies: number): number {
  const ofLights = acks.k + acks.margin - acks.ofAnchors;
  assert(ofLights >= 0, 'no more acks of anchors than acks');
  const honest = sum(binomial(ofLights, 1 - lies), certain(acks.ofAnchors));
  return chanceBelow(honest, acks.k);
}

/** The chance that a read fails when a light answers only if it is online and does not lie. */
export const readFailsAmongLiars = (layout: Layout, lies: number): number =>
  readFails({
    ...layout,
    lights: layout.lights.map((group) => ({ ...group, online: group.online * (1 - lies) })),
  });

/** The layout of which only the pieces that the ack rule waits for are in place: its worst promise. */
export function onlyAcked(layout: Layout, acks: Acks): Layout {
  const lights = layout.lights[0];
  assert(lights !== undefined, 'a layout with lights');
  const local = layout.anchors.find(({ continent }) => continent === lights.continent);
  return {
    ...layout,
    lights: [lightsIn(lights.continent, lights.online, acks.k + acks.margin - acks.ofAnchors)],
    anchors: local === undefined ? [] : [{ ...local, devices: acks.anchors }],
  };
}
