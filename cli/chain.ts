/**
 * `city-chain chain city|municipality|continent|globe`: how far each delegate of a level is, and its latest batches. What is
 * shown of a batch is verified against the genesis of the network; heights are what each says of itself.
 */
import { Argument, Command } from 'commander';
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { headDigest, quorumVerifyJobs, isQuorumOf } from '#protocols/city-batch.ts';
import { catalogue } from '#protocols/codec.ts';
import { FIRST_EPOCH, type Genesis } from '#protocols/genesis.ts';
import { isEmpty, blockId } from '#protocols/jolteon/block.ts';
import { finalJobs } from '#protocols/jolteon/final.ts';
import {
  committeeFor,
  handedOver as cityHandedOver,
  handoverJobs,
  lineageOf,
  newestIn,
  type Lineage,
} from '#protocols/lineage.ts';
import { AskHandovers, HandedOver } from '#protocols/ledger.messages.ts';
import { shownIn } from '#protocols/level/history.ts';
import { Page, Since } from '#protocols/level.messages.ts';
import { batchDigest, type Municipality } from '#protocols/municipality-batch.ts';
import { AskNewest, AskSealers, Newest, SealersTold } from '#protocols/municipality.messages.ts';
import {
  handedOver,
  newestSealers,
  sealersJobs,
  sealersOf,
  type Sealers,
} from '#protocols/sealers.ts';
import { claimedBy } from '#protocols/sealers-copy.ts';
import { address, continentOf, place, type Address, type Place } from '#protocols/subjects.ts';
import { AskTip, TipTold } from '#protocols/tip.messages.ts';
import { tipOf } from '#protocols/tip/tip.ts';
import { genesisOf, GLOBE, municipalityIn, municipalityOf, type World } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { askCity, askEach } from './ask-city.ts';
import { readWorldFile, worldFileOf } from './city/world-file.ts';
import { carriedText, chainCalled } from './follow.ts';
import { table } from './table.ts';
import { Failed, Unfit } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

const LEVELS = ['city', 'municipality', 'continent', 'globe'] as const;
type LevelName = (typeof LEVELS)[number];
/** The latest batches that are shown, where a level tells more than one. */
const LATEST = 5;

interface Options extends Whereabouts {
  readonly genesis?: string;
  readonly json?: boolean;
}

/** A batch or header that was verified. */
interface Row {
  readonly height: number;
  readonly root: string;
  readonly carries: string;
}
interface Told {
  readonly name: string;
  /** Of the latest, and how many sign there. */
  readonly epoch: number;
  readonly members: number;
  readonly delegates: readonly { readonly node: string; readonly height: number | undefined }[];
  readonly latest: readonly Row[];
}

export function command(): Command {
  return withCityOptions(
    new Command('chain')
      .description('show how far a level is, and its latest batches')
      .addArgument(new Argument('<level>', 'which one').choices(LEVELS))
      .option('--genesis <file>', 'of the network; else `genesis.json` in the data folder'),
  ).action(run);
}

async function run(level: LevelName, options: Options): Promise<void> {
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const { world } = readWorldFile(options.genesis ?? worldFileOf(options.data));
  const told = await TELL[level]({ url: urlOf(options), city: place(cityOf(options)) }, world);
  if (told.delegates.every(({ height }) => height === undefined))
    throw new Failed(`no delegate of ${told.name} answers; is it up?`);
  console.log(options.json === true ? JSON.stringify(told) : textOf(told));
}

export function textOf({ name, epoch, members, delegates, latest }: Told): string {
  const heights = delegates.map(({ node, height }) => [node, String(height ?? 'no answer')]);
  const rows = latest.map(({ height, root, carries }) => [String(height), root, carries]);
  const batches = latest.length === 0 ? 'nothing yet' : table([['height', 'root', 'of'], ...rows]);
  const title = `${name}, epoch ${epoch} with ${members} members`;
  return [title, table([['delegate', 'height'], ...heights]), '', batches].join('\n');
}

interface Where {
  readonly url: string;
  readonly city: Place;
}

const TELL: Readonly<Record<LevelName, (at: Where, world: World) => Promise<Told>>> = {
  city: tellCity,
  municipality: tellMunicipality,
  continent: (at, world) => tellChain(at, world, continentOf(at.city)),
  globe: (at, world) => tellChain(at, world, GLOBE),
};

const highest = <T>(all: readonly T[], height: (one: T) => number | undefined): T | undefined =>
  all.toSorted((a, b) => (height(b) ?? -1) - (height(a) ?? -1))[0];

function verified(name: string, jobs: readonly VerifyJob[] | undefined): void {
  const isGood = jobs !== undefined && verifyMany(jobs).every((good) => good);
  if (!isGood) throw new Failed(`what is shown as the latest of ${name} is not proved`);
}

async function tellCity(at: Where, world: World): Promise<Told> {
  const genesis = genesisOf(world, at.city);
  if (genesis === undefined) throw new Unfit(`${at.city} is no city of this network`);
  const nodes = genesis.delegates.map(({ node }) => node);
  const answers = await askEach(
    { ...at, message: AskTip.of({}), hears: catalogue(TipTold), says: catalogue(AskTip) },
    nodes.map(tipOf),
  );
  const tips = answers.map((answer) => answer?.tip);
  const tip = highest(tips, (each) => each?.head.height);
  const latest: Row[] = [];
  let [epoch, members] = [FIRST_EPOCH, nodes.length];
  if (tip !== undefined) {
    const { head, quorum } = tip;
    const committee = committeeFor(await lineageUpTo(at, genesis, head.epoch), head);
    [epoch, members] = [head.epoch, committee?.members.length ?? 0];
    const isQuorum = committee !== undefined && isQuorumOf(committee, quorum);
    verified(
      at.city,
      isQuorum ? quorumVerifyJobs(world.network, committee, head, quorum) : undefined,
    );
    const { height, count } = head;
    latest.push({ height, root: hex(headDigest(head)), carries: `${count} entries` });
  }
  const delegates = nodes.map((node, i) => ({
    node,
    height: answers[i] === undefined ? undefined : (tips[i]?.head.height ?? 0),
  }));
  return { name: at.city, epoch, members, delegates, latest };
}

/** Who orders up to an epoch: every hand-over since genesis, each verified. */
async function lineageUpTo(at: Where, genesis: Genesis, epoch: number): Promise<Lineage> {
  let lineage = lineageOf(genesis);
  while (newestIn(lineage) < epoch) {
    const { handovers } = await askCity({
      ...at,
      role: 'ledger',
      message: AskHandovers.of({ epoch: newestIn(lineage) + 1 }),
      hears: catalogue(HandedOver),
      says: catalogue(AskHandovers),
    });
    const before = newestIn(lineage);
    for (const each of handovers) {
      verified(at.city, handoverJobs(lineage, each));
      lineage = cityHandedOver(lineage, each.head);
    }
    if (newestIn(lineage) === before) break;
  }
  return lineage;
}

async function tellMunicipality(at: Where, world: World): Promise<Told> {
  const name = municipalityOf(at.city);
  const municipality = municipalityIn(world, name);
  if (municipality === undefined) throw new Unfit(`${name} is no municipality of this network`);
  const nodes = municipality.cities.flatMap(({ delegates }) => delegates.map(({ node }) => node));
  const answers = await askEach(
    { ...at, message: AskNewest.of({}), hears: catalogue(Newest), says: catalogue(AskNewest) },
    nodes.map((node) => address(node, 'municipality')),
  );
  const sealed = highest(answers, (each) => each?.sealed?.batch.id)?.sealed;
  const latest: Row[] = [];
  let { epoch, members } = municipality;
  if (sealed !== undefined) {
    const { id, cities } = sealed.batch;
    const sealers = await sealersUpTo(at, municipality, sealed.batch.epoch);
    verified(name, sealersJobs(sealers, sealed));
    ({ epoch, members } = newestSealers(handedOver(sealers, sealed.batch)));
    const spans = cities.map(({ city, from, to }) => `${city} ${from} to ${to}`);
    latest.push({ height: id, root: hex(batchDigest(sealed.batch)), carries: spans.join(', ') });
  }
  const delegates = nodes.map((node, i) => ({
    node,
    height: answers[i] === undefined ? undefined : (answers[i].sealed?.batch.id ?? 0),
  }));
  return { name, epoch, members: members.length, delegates, latest };
}

/** Who seals up to an epoch, in the same way. */
async function sealersUpTo(at: Where, genesis: Municipality, epoch: number): Promise<Sealers> {
  let sealers = sealersOf(genesis);
  while (newestSealers(sealers).epoch < epoch) {
    const { handovers } = await askCity({
      ...at,
      role: 'municipality',
      message: AskSealers.of({ epoch: newestSealers(sealers).epoch + 1 }),
      hears: catalogue(SealersTold),
      says: catalogue(AskSealers),
    });
    const claimed = claimedBy(sealers, handovers);
    if (claimed === undefined) break;
    verified(genesis.name, claimed.jobs);
    sealers = claimed.sealers;
  }
  return sealers;
}

async function tellChain(at: Where, world: World, name: string): Promise<Told> {
  const { chain, delegates } = chainCalled(world, name);
  const tops = await since(at, delegates, Number.MAX_SAFE_INTEGER);
  const top = Math.max(0, ...tops.map((page) => page?.top ?? 0));
  const whoHas = delegates.filter((_, i) => tops[i]?.top === top);
  const [page] =
    top === 0 ? [] : await since(at, whoHas.slice(0, 1), Math.max(1, top - LATEST + 1));
  const latest: Row[] = [];
  if (page?.final !== undefined) {
    verified(name, finalJobs(chain, page.final));
    const shown = shownIn(page)?.bodies ?? new Map();
    for (const [head, refs] of shown)
      if (!isEmpty(head))
        latest.unshift({
          height: head.height,
          root: hex(blockId(head)),
          carries: carriedText(refs),
        });
  }
  const heights = chain.members.map(({ node }, i) => ({ node, height: tops[i]?.top }));
  const { epoch, members } = chain;
  return { name, epoch, members: members.length, delegates: heights, latest };
}

const since = (at: Where, whom: readonly Address[], height: number) =>
  askEach(
    { ...at, message: Since.of({ height }), hears: catalogue(Page), says: catalogue(Since) },
    whom,
  );
