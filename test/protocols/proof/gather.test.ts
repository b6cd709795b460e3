/** Gathering: whoever is asked, the bundle is what verifies, as far up as anybody can show. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Effect, Moment, Plain, Signal } from '#protocols/effect.ts';
import { Found, type Find } from '#protocols/level.messages.ts';
import {
  FoundHead,
  SealersTold,
  type AskSealers,
  type FindHead,
} from '#protocols/municipality.messages.ts';
import type { Bundle } from '#protocols/proof/bundle.ts';
import * as machine from '#protocols/proof/gather.ts';
import { PROOF_JOBS } from '#protocols/proof/jobs.ts';
import { verify } from '#protocols/proof/verify.ts';
import { AskProof, Proved, type ProofTold, type Prove } from '#protocols/proof.messages.ts';
import { address, nodeAddress, nodeOf, roleOf, type Address } from '#protocols/subjects.ts';
import { continentIn, globeIn, municipalityIn } from '#protocols/world.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { moment } from '../moments.ts';
import { bytesOf, KOMATSU, member } from '../sample.ts';
import { bundleOf, refsOf, WORLD } from './network.ts';

await offerCityBackends();

const ONE = bundleOf();
const OTHER = bundleOf({ seq: 2, height: 9 });
const ID = ONE.city.outcome.txId;
const node = member('d1', KOMATSU).node;
const asker = address(member('somebody').node, 'wanting-1');

type Asked = Prove | FindHead | Find | AskSealers;
/** What one that is asked says; nothing: it is silent. */
type Says = (what: Asked, to: Address) => Proved | FoundHead | Found | SealersTold | undefined;

let state: machine.Proofs;
let asked: Address[];
beforeEach(() => {
  [state] = machine.begin({ world: WORLD, node, probe: { sometimes: () => undefined } as never });
  asked = [];
});

/** What those would say who have all of a bundle. */
const honest =
  (bundle: Bundle): Says =>
  (what, to) => {
    const { subject, city, municipality, continent, globe } = bundle;
    if (what.kind === 'ledger.prove') return Proved.of({ id: what.id, proof: { subject, city } });
    if (what.kind === 'municipality.find') return FoundHead.of({ part: municipality });
    const layer = roleOf(to) === 'globe' ? 'globe' : 'continent';
    const part = layer === 'globe' ? globe : continent;
    return Found.of({ block: part && { refs: refsOf(bundle, layer), final: part.final } });
  };

function run(says: Says, at: Partial<Moment> = {}): ProofTold | undefined {
  const ticket = { asker, number: 1 };
  let effects = step(AskProof.of({ id: ID }), { ticket, ...at });
  while (effects.some(({ do: what }) => what === 'ask' || what === 'compute')) {
    effects = effects.flatMap((effect) => answerTo(effect, says));
  }
  const answer = effects.find((each) => each.do === 'answer');
  return answer?.message as ProofTold | undefined;
}

function answerTo(effect: Effect<machine.ProofSays>, says: Says) {
  if (effect.do === 'compute') {
    const output = PROOF_JOBS[effect.job as 'proof.verify'](effect.input as Plain);
    return step({ kind: 'computed', id: effect.id, output });
  }
  if (effect.do !== 'ask') return [effect];
  asked.push(effect.to);
  const message = says(effect.message as Asked, effect.to);
  const { id } = effect;
  return message === undefined
    ? step({ kind: 'unanswered', id, why: 'late' } as never)
    : step({ kind: 'answered', id, message });
}

function step(input: machine.ProofHears | Signal, at: Partial<Moment> = {}) {
  const [, effects] = machine.step(state, input, moment(0, at));
  machine.invariants(state);
  return effects;
}

const askAs = (name: string) =>
  step(AskProof.of({ id: ID }), {
    ticket: { asker: address(nodeAddress(KOMATSU, name), 'x'), number: 1 },
  });

const upTo = (told: ProofTold | undefined): string => {
  const verdict =
    told?.proof && verify({ version: 1, handovers: [], sealers: [], ...told.proof }, WORLD);
  return verdict?.ok === true ? verdict.value.upTo : `${told?.why}`;
};

describe('a bundle', () => {
  it('is gathered from below, our own node first, then one member of each level', () => {
    const { version, handovers, sealers, ...proof } = ONE;
    expect([version, handovers, sealers]).toEqual([1, [], []]);
    expect(run(honest(ONE))?.proof).toEqual(proof);
    expect(asked.map(roleOf)).toEqual(['ledger', 'municipality', 'continent', 'globe']);
    expect(nodeOf(asked[0]!)).toBe(node);
    const levels = [
      municipalityIn(WORLD, 'asia.ishikawa')!,
      continentIn(WORLD, 'asia')!,
      globeIn(WORLD),
    ];
    for (const [i, { members }] of levels.entries()) {
      const nodes = members.map((each) => each.node);
      expect(nodes).toContain(nodeOf(asked[i + 1]!));
      if (nodes.includes(node)) expect(nodeOf(asked[i + 1]!)).toBe(node);
    }
  });

  it('ends where nobody has more, and says how far it goes', () => {
    const { globe, continent, municipality, ...one } = ONE;
    expect(upTo(run(honest({ ...one, municipality, continent })))).toBe('continent');
    expect(upTo(run(honest({ ...one, municipality })))).toBe('municipality');
    expect(upTo(run(honest(one)))).toBe('city');
    const nobody = run(({ kind }) =>
      kind === 'ledger.prove' ? Proved.of({ id: ID, why: 'waits' }) : undefined,
    );
    expect(nobody).toMatchObject({ proof: undefined, why: 'waits' });
    expect(upTo(run(() => undefined))).toBe('busy');
    expect(globe).toBeDefined();
  });

  it('is never what somebody made up: another one is asked', () => {
    for (const layer of ['municipality', 'continent', 'globe']) {
      for (const lie of lies(layer)) {
        let isLiar = true;
        const told = run((what, to) => {
          const lies = roleOf(to) === layer && isLiar;
          if (lies) isLiar = false;
          return lies ? lie(what, to) : honest(ONE)(what, to);
        });
        expect(upTo(told)).toBe('globe');
      }
      const told = run((what, to) =>
        roleOf(to) === layer ? lies(layer)[1]!(what, to) : honest(ONE)(what, to),
      );
      expect(upTo(told)).toBe(
        { municipality: 'city', continent: 'municipality', globe: 'continent' }[layer],
      );
    }
  });

  it('goes on when its own node has said who seals, where others do than at first', () => {
    const later = bundleOf({ sealings: 2 });
    const answer = Proved.of({ id: ID, proof: { subject: later.subject, city: later.city } });
    const says: Says = (what, to) => {
      if (what.kind === 'ledger.prove') return answer;
      if (what.kind !== 'municipality.handovers') return honest(later)(what, to);
      expect(to).toBe(address(node, 'municipality'));
      return SealersTold.of({ handovers: later.sealers.slice(what.epoch - 1, what.epoch) });
    };
    run(says);
    const told = run(says);
    const verdict =
      told?.proof &&
      verify({ version: 1, handovers: [], sealers: later.sealers, ...told.proof }, WORLD);
    expect(verdict).toMatchObject({ ok: true, value: { upTo: 'globe' } });
  });

  it('is gathered for so many at a time, and for each so often', () => {
    const effects = Array.from({ length: 65 }, (_, i) => askAs(`s${i}`)).flat();
    expect(effects.filter((each) => each.do === 'ask')).toHaveLength(64);
    expect(effects.filter((each) => each.do === 'answer')).toHaveLength(1);
    const often = Array.from({ length: 40 }, () => askAs('somebody'));
    expect(often.filter((each) => each.length > 0)).toHaveLength(32);
  });
});

/** Silence, another's part, signatures that are none, nothing, and the answer to another question. */
const lies = (layer: string): readonly Says[] => [
  () => undefined,
  honest(OTHER),
  honest({ ...ONE, [layer]: unsigned(ONE, layer) }),
  (what) => (what.kind === 'municipality.find' ? FoundHead.of({}) : Found.of({})),
  (what) =>
    what.kind === 'municipality.find' ? found(ONE) : FoundHead.of({ part: ONE.municipality }),
];

const found = (bundle: Bundle): Found =>
  Found.of({ block: { refs: refsOf(bundle, 'continent'), final: bundle.continent!.final } });

function unsigned(bundle: Bundle, layer: string) {
  const signature = bytesOf('made up', 64);
  if (layer === 'municipality') {
    const { head, sealed } = bundle.municipality!;
    const seals = sealed.seals.map(({ member: by }) => ({ member: by, signature }));
    return { head, sealed: { ...sealed, seals } };
  }
  const part = layer === 'continent' ? bundle.continent! : bundle.globe!;
  const votes = part.final.qc.votes.map(({ member: by }) => ({ member: by, signature }));
  return { ...part, final: { ...part.final, qc: { ...part.final.qc, votes } } };
}
