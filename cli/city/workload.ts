/** The cities of a network as a workload: the tree of each of their members, from what the founding left in the folder. */
import type { Policy } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import { NO_PROBE } from '#lib/probe.ts';
import type { HolderRole } from '#protocols/eligibility.ts';
import { MARKS, type Marks } from '#protocols/hold/partings.ts';
import type { Self } from '#protocols/self.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { World } from '#protocols/world.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import { keeperTree } from '#supervision/tree.ts';
import type { Hosted } from '../workload.ts';
import { townsIn, type City, type Founded } from './found.ts';
import type { delegateTree } from './delegate-tree.ts';
import { lineOf } from './line.ts';

/** One sender: a person at a keyboard, or a program; far below what a delegate can do. */
const ALLOWANCE = { perSecond: 200, burst: 1_000 };

type TreeOfDelegate = typeof delegateTree | undefined;

/** `treeOfDelegate`: where this process hosts any. */
export function networkWorkload(
  founded: Founded,
  policyOf: (city: City) => Pick<Policy, 'capacity' | 'repair' | 'ttl'>,
  diskBytes: number,
  treeOfDelegate: TreeOfDelegate,
): Hosted {
  const parts = founded.cities.map((city) => ({
    ...cityWorkload(
      founded.world,
      withNeighbours(city, founded),
      policyOf(city),
      diskBytes / founded.cities.length,
      treeOfDelegate,
    ),
    own: new Set(city.members.map(({ node }) => node)),
  }));
  const partOf = (node: NodeAddress) => parts.find(({ own }) => own.has(node))!;
  return {
    ...lineOf(townsIn(founded), founded.cities[0]!.isDrill),
    treeOf: (node) => partOf(node).treeOf(node),
    piecesOf: (node) => partOf(node).piecesOf(node),
  };
}

/** A city, and those whose word on transfers it can check. */
type Neighboured = City & Required<Pick<Self, 'neighbours'>>;

const withNeighbours = (city: City, { cities }: Founded): Neighboured => ({
  ...city,
  neighbours: cities.filter((other) => other !== city).map(({ genesis }) => genesis),
});

type CityHosted = Required<Pick<Hosted, 'treeOf' | 'piecesOf'>>;

function cityWorkload(
  world: World,
  city: Neighboured,
  policy: Pick<Policy, 'capacity' | 'repair' | 'ttl'>,
  diskBytes: number,
  treeOfDelegate: TreeOfDelegate,
): CityHosted {
  const roles = new Map(city.members.map((member) => [member.node, member]));
  const piecesOf = capacities(city, policy.capacity, diskBytes);
  const treeOf = (node: NodeAddress): AnyActor => {
    const self: Self = {
      genesis: city.genesis,
      neighbours: city.neighbours,
      node,
      secrets: city.secretsOf(node),
      probe: NO_PROBE,
    };
    const { role } = roles.get(node)!;
    if (role === 'delegate') {
      const presence = { contracts: city.contracts };
      assert(treeOfDelegate !== undefined, 'whoever hosts delegates has loaded them');
      const options = {
        self: { ...self, isRooted: true },
        policy: city.firstPolicy,
        allowance: ALLOWANCE,
        presence,
      };
      return treeOfDelegate(options, { world, coin: city.coinOf(node) });
    }
    const freeBytes = piecesOf(node).bytesMax;
    return keeperTree({
      self,
      role,
      ...city.admissionOf(node),
      freeBytes,
      marks: marksOf(policy, role),
    });
  };
  return { treeOf, piecesOf };
}

/** When a node begins to look for others who take what it has: by its room; an anchor by its time, too. */
const marksOf = ({ repair, ttl }: Pick<Policy, 'repair' | 'ttl'>, role: HolderRole): Marks => ({
  ...MARKS,
  roomPermille: repair.watermarkPermille,
  fullMs: repair.fullMs,
  fullMsMax: repair.fullMsMax,
  timeMs: role === 'anchor' && ttl.anchorMs > 0 ? repair.watermarkMs : undefined,
});

/** Anchors of this machine share its disk. */
function capacities(
  { members }: City,
  { lightBytes, anchorBytes }: Policy['capacity'],
  diskBytes: number,
): (node: NodeAddress) => PieceOptions {
  const anchors = members.filter(({ role }) => role === 'anchor').map(({ node }) => node);
  const each = Math.floor(Math.min(anchorBytes, diskBytes / anchors.length));
  const isAnchor = new Set(anchors);
  return (node) => ({ bytesMax: isAnchor.has(node) ? each : lightBytes });
}
