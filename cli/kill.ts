/**
 * `city-chain kill ADDRESS`: ends an actor at once; its supervisor judges. The process that hosts it
 * writes down who asked before it does so.
 */
import { Command } from 'commander';
import { isToken } from '#protocols/ids.ts';
import { isAddress } from '#protocols/subjects.ts';
import { userName } from '#runtime/user.ts';
import { connectWire } from './connect.ts';
import { askDeed } from './deed.ts';
import type { Look } from './sights.ts';
import { look } from './top.ts';
import { urlOf } from './whereabouts.ts';
import { Failed, Unfit } from './unfit.ts';

interface Options {
  readonly nats?: string;
  readonly data: string;
  readonly who: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('kill')
    .description('end an actor at once, and see its supervisor restart it')
    .argument('<address>', 'its address, as asia.ishikawa.komatsu.n01.driver')
    .option('--who <name>', 'who asks, for the audit log', userName())
    .option('--nats <url>', 'where the cluster is; else NATS_URL, else what `up` wrote down')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(address: string, { who, json, ...where }: Options): Promise<void> {
  if (!isAddress(address)) throw new Unfit(`'${address.slice(0, 80)}' is not an address`);
  const wire = await connectWire(urlOf(where));
  try {
    const host = hostOf(await look(wire, true), address);
    const deed = { who, did: 'kill', to: address } as const;
    const { done } = await askDeed(wire, host, deed);
    console.log(json === true ? JSON.stringify({ process: host, ...deed }) : `${host}: ${done}`);
  } finally {
    await wire.close();
  }
}

/**
 * The process that shows it. Anybody who is on the bus may answer a look: where two say that they host an
 * actor, one of them is mistaken or lies, and a deed is not for whoever was faster.
 */
export function hostOf(looks: readonly Look[], address: string): string {
  const hosts = looks.filter(({ sights }) => sights.some((sight) => sight.address === address));
  const names = hosts.map((host) => JSON.stringify(host.process)).join(', ');
  const [host] = hosts;
  if (host === undefined) throw new Failed(`none of ${looks.length} processes hosts ${address}`);
  if (hosts.length > 1) throw new Failed(`${hosts.length} processes say they host it: ${names}`);
  if (!isToken(host.process)) throw new Failed(`its process has a name that is none: ${names}`);
  return host.process;
}
