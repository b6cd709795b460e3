/**
 * What the cities of the delegates say to each other to build their DAG (dag/order.ts).
 *
 * | kind            | from   | to        | says                                                         |
 * | --------------- | ------ | --------- | ------------------------------------------------------------ |
 * | `dag.vertex`    | city   | each city | a vertex: a new one of the sender's own, or its last one again |
 * | `dag.want`      | city   | a city    | answered with `dag.vertices`                                 |
 * | `dag.nudge`     | city   | a city    | here I am, and this waits; said when nothing moves            |
 * | `dag.hail`      | city   | each city | what do you know of me? Answered with `dag.hailed`            |
 * | `dag.forked`    | city   | a city    | there are two batches of one height; I order no more          |
 * | `dag.accused`   | anyone | city      | answered with `dag.accusations`: two vertices of one round, a fork |
 *
 * Whatever is not heard is said again as long as it matters. Nobody believes who sent it: vertices are signed.
 */
import { entries, height } from './city-batch.ts';
import { catalogue, count, list, message, optional, type Infer } from './codec.ts';
import { Vertex } from './dag/vertex.ts';
import { CityFork } from './double-vote.ts';
import { digest } from './terms.ts';
import { DagEquivocation, round, SignedHead } from './vertex-head.ts';

export const VERTICES_MAX = 64;
export const WANTED_MAX = 64;
export const ACCUSATIONS_MAX = 64;

export const SaidVertex = message('dag.vertex', { vertex: Vertex });

/** These; and if there is a round, of all later ones as many as fit, from below. */
export const WantVertices = message('dag.want', {
  digests: list(digest, WANTED_MAX),
  since: optional(round),
});
export const Vertices = message('dag.vertices', { vertices: list(Vertex, VERTICES_MAX) });

/** The last batch applied, the last round spoken in, and certificates that wait. */
export const Nudge = message('dag.nudge', { height, digest, round, entries });

/** There is a fork: whoever says this orders no more (dag/fork.ts). */
export const Forked = message('dag.forked', { fork: CityFork });

export const Hail = message('dag.hail', {});
/**
 * `top`: the highest round of which this one knows, in the epoch in which it is; `yours`: the head of the last vertex
 * that it has of the asker there.
 */
export const Hailed = message('dag.hailed', {
  height,
  epoch: count(Number.MAX_SAFE_INTEGER),
  top: round,
  yours: optional(SignedHead),
});

export const AskAccused = message('dag.accused', {});
export const Accusations = message('dag.accusations', {
  accusations: list(DagEquivocation, ACCUSATIONS_MAX),
  fork: optional(CityFork),
});

export type SaidVertex = Infer<typeof SaidVertex>;
export type WantVertices = Infer<typeof WantVertices>;
export type Vertices = Infer<typeof Vertices>;
export type Nudge = Infer<typeof Nudge>;
export type Forked = Infer<typeof Forked>;
export type Hail = Infer<typeof Hail>;
export type Hailed = Infer<typeof Hailed>;
export type AskAccused = Infer<typeof AskAccused>;
export type Accusations = Infer<typeof Accusations>;

export const CITIES_SAY = catalogue(
  SaidVertex,
  WantVertices,
  Vertices,
  Nudge,
  Forked,
  Hail,
  Hailed,
);
