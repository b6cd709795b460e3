/**
 * `city-chain gone NODE`: a holder does not come back; what it held is repaired now, and not when its class has been missed
 * for long enough. Each delegate of this network that runs here is told, and has it on its disk when it says so.
 *
 *   $ city-chain gone asia.ishikawa.komatsu.l07
 *   asia.ishikawa.komatsu.l07 does not come back: noted by 8 of 8 delegates
 *   $ city-chain gone asia.ishikawa.komatsu.l07 --back
 *   asia.ishikawa.komatsu.l07 is back: noted by 8 of 8 delegates
 */
import { Command } from 'commander';
import { isAddress, isNodeAddress, nameOf } from '#protocols/subjects.ts';
import { userName } from '#runtime/user.ts';
import { connectWire } from './connect.ts';
import { askDeed } from './deed.ts';
import { hostOf } from './kill.ts';
import type { Look } from './sights.ts';
import { look } from './top.ts';
import { Failed, Unfit } from './unfit.ts';
import { urlOf } from './whereabouts.ts';

interface Options {
  readonly back?: boolean;
  readonly nats?: string;
  readonly data: string;
  readonly who: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('gone')
    .description(
      'say that a node does not come back: what it held is made again elsewhere, at once',
    )
    .argument('<node>', 'its address, as asia.ishikawa.komatsu.l07')
    .option('--back', 'it does, after all')
    .option('--who <name>', 'who asks, for the audit log', userName())
    .option('--nats <url>', 'where the cluster is; else NATS_URL, else what `up` wrote down')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(node: string, { who, json, back, ...where }: Options): Promise<void> {
  if (!isNodeAddress(node)) throw new Unfit(`'${node.slice(0, 80)}' is not the address of a node`);
  const isBack = back === true;
  const wire = await connectWire(urlOf(where));
  try {
    const looks = await look(wire, true);
    const repairers = repairersIn(looks);
    const hosts = [...new Set(repairers.map((each) => hostOf(looks, each)))];
    if (hosts.length === 0) throw new Failed(`none of ${looks.length} processes has a delegate`);
    const deed = { who, did: isBack ? 'back' : 'gone', to: node } as const;
    const all = await Promise.all(hosts.map((host) => askDeed(wire, host, deed)));
    const noted = all.flatMap((each) => each.noted ?? []).toSorted();
    if (json === true) console.log(JSON.stringify({ node, isBack, noted }));
    else {
      const word = isBack ? 'is back' : 'does not come back';
      console.log(`${node} ${word}: noted by ${noted.length} of ${repairers.length} delegates`);
    }
    if (noted.length < repairers.length)
      throw new Failed('not every delegate has noted it; say it again');
  } finally {
    await wire.close();
  }
}

const repairersIn = (looks: readonly Look[]): readonly string[] => {
  const all = looks.flatMap(({ sights }) => sights.map(({ address }) => address));
  return [...new Set(all.filter((each) => isAddress(each) && nameOf(each) === 'repair'))];
};
