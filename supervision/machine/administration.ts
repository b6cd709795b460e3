/**
 * What may be asked of a running supervisor: to start, stop, restart and forget children, and what
 * there is. Requests take their turn behind whatever the supervisor is busy with.
 */
import { unreachable } from '#lib/assert.ts';
import { specOf } from '../spec.ts';
import { perform, refuse } from './activity.ts';
import {
  childOf,
  isDynamic,
  type Answer,
  type Child,
  type Listed,
  type Request,
  type Supervision,
  type Turn,
} from './state.ts';

export function onRequest<Start, Asker>(
  turn: Turn<Start, Asker>,
  request: Request<Start>,
  asker: Asker,
): void {
  const { state } = turn;
  switch (request.do) {
    case 'start':
      return startChild(turn, request.child, asker);
    case 'start-dynamic':
      return startDynamic(turn, request.id, request.start, asker);
    case 'terminate':
      return terminate(turn, request.id, asker);
    case 'restart':
    case 'delete':
      return onStopped(turn, request, asker);
    case 'spec':
      return tellSpec(turn, request.id, asker);
    case 'which':
      return tell(turn, asker, { answer: 'children', children: listed(state) });
    case 'count':
      return tell(turn, asker, countsOf(state));
    default:
      return unreachable(request);
  }
}

const tell = <Start, Asker>(
  { out }: Turn<Start, Asker>,
  asker: Asker,
  answer: Answer<Start>,
): void => void out.push({ do: 'answer', asker, answer });

/** Adds a child behind the others. One that fails to start leaves nothing behind. */
function startChild<Start, Asker>(
  turn: Turn<Start, Asker>,
  wanted: Extract<Request<Start>, { do: 'start' }>['child'],
  asker: Asker,
): void {
  const { state } = turn;
  if (isDynamic(state)) return refuse(turn, asker, 'simple_one_for_one');
  const spec = specOf(wanted, state.rules);
  if (!spec.ok) return tell(turn, asker, { answer: 'unfit', unfit: spec.error });
  add(turn, childOf(spec.value), asker);
}

function startDynamic<Start, Asker>(
  turn: Turn<Start, Asker>,
  id: string,
  start: Start,
  asker: Asker,
): void {
  const { template } = turn.state;
  if (template === undefined) return refuse(turn, asker, 'not_dynamic');
  add(turn, childOf(template, id, start), asker);
}

function add<Start, Asker>(turn: Turn<Start, Asker>, child: Child<Start>, asker: Asker): void {
  const { children } = turn.state;
  const { id } = child;
  const present = children.get(id);
  if (present?.phase === 'running' || present?.phase === 'exited')
    return tell(turn, asker, { answer: 'already-started', id, incarnation: present.incarnation });
  if (present !== undefined) return refuse(turn, asker, 'already_present');
  children.set(id, child);
  perform(turn, { for: 'start', asker }, [], [id]);
}

/** Never counted, and nobody else's business: siblings stay. */
function terminate<Start, Asker>(turn: Turn<Start, Asker>, id: string, asker: Asker): void {
  if (!turn.state.children.has(id)) return refuse(turn, asker, 'not_found');
  perform(turn, { for: 'terminate', asker }, [id], []);
}

/** Restarting by hand and forgetting need a child that rests. */
function onStopped<Start, Asker>(
  turn: Turn<Start, Asker>,
  { do: wanted, id }: Extract<Request<Start>, { do: 'restart' | 'delete' }>,
  asker: Asker,
): void {
  const { state, out } = turn;
  const child = state.children.get(id);
  if (isDynamic(state)) return refuse(turn, asker, 'simple_one_for_one');
  if (child === undefined) return refuse(turn, asker, 'not_found');
  if (child.phase === 'restarting') return refuse(turn, asker, 'restarting');
  if (child.phase !== 'idle') return refuse(turn, asker, 'running');
  if (wanted === 'restart') return perform(turn, { for: 'revive', asker }, [], [id]);
  state.children.delete(id);
  out.push({ do: 'release', id, forgotten: true });
  tell(turn, asker, { answer: 'done' });
}

function tellSpec<Start, Asker>(turn: Turn<Start, Asker>, id: string, asker: Asker): void {
  const { template, children } = turn.state;
  const spec = template?.id === id ? template : children.get(id)?.spec;
  if (spec === undefined) return refuse(turn, asker, 'not_found');
  tell(turn, asker, { answer: 'spec', spec });
}

/** All children in start order. Between two activities there are only three states to see. */
export function listed<Start, Asker>({ children }: Supervision<Start, Asker>): readonly Listed[] {
  return Array.from(children.values(), ({ id, phase, incarnation, spec }) => ({
    id,
    state: phase === 'idle' || phase === 'restarting' ? phase : 'running',
    incarnation,
    type: spec.type,
  }));
}

function countsOf<Start, Asker>({ children, template }: Supervision<Start, Asker>): Answer<Start> {
  let [active, supervisors] = [0, 0];
  for (const { phase, spec } of children.values()) {
    if (phase === 'running') active++;
    if (spec.type === 'supervisor') supervisors++;
  }
  const specs = template === undefined ? children.size : 1;
  return { answer: 'counts', specs, active, supervisors, workers: children.size - supervisors };
}
