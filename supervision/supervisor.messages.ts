/**
 * What may be said to a supervisor, and what it answers.
 *
 * | kind                   | answer                                        |
 * | ---------------------- | --------------------------------------------- |
 * | `supervisor.start`     | `started`, `ignored`, `refused`               |
 * | `supervisor.restart`   | `started`, `ignored`, `refused`               |
 * | `supervisor.terminate` | `done`, `refused`                             |
 * | `supervisor.delete`    | `done`, `refused`                             |
 * | `supervisor.describe`  | `described`, `refused`                        |
 * | `supervisor.list`      | `children`                                    |
 * | `supervisor.count`     | `counts`                                      |
 *
 * A child is added by the name of a template and a plain argument, so that all of it can travel. All
 * requests may be repeated: a second `start` finds the child there, a second `terminate` finds it gone.
 */
import {
  bytes,
  catalogue,
  count,
  flag,
  list,
  message,
  oneOf,
  record,
  text,
} from '#protocols/codec.ts';
import type { Infer } from '#protocols/codec.ts';
import { REFUSALS } from './machine/state.ts';
import { ID_BYTES_MAX, isName, RESTARTS, TYPES } from './spec.ts';

/** A child's argument is a few names and numbers, not a payload. */
export const ARGUMENT_BYTES_MAX = 16 * 1_024;
/** Children in one answer: about 10 KB. More of them are asked for with `skip`. */
export const LISTED_MAX = 256;

const id = text(ID_BYTES_MAX, isName);
const number = count(Number.MAX_SAFE_INTEGER);
const restart = oneOf(...RESTARTS);
const type = oneOf(...TYPES);

/** Add a child `id`, made by `template` from `argument`, behind the others. */
export const Start = message('supervisor.start', {
  id,
  template: text(ID_BYTES_MAX),
  argument: bytes(0, ARGUMENT_BYTES_MAX),
});
/** Start a child again that rests. */
export const Restart = message('supervisor.restart', { id });
/** Stop a child; its specification stays, unless it is temporary. */
export const Terminate = message('supervisor.terminate', { id });
/** Forget a child that rests. */
export const Delete = message('supervisor.delete', { id });
export const Describe = message('supervisor.describe', { id });
export const List = message('supervisor.list', { skip: number });
export const Count = message('supervisor.count', {});

export const Started = message('supervisor.started', { id, incarnation: number });
/** The child declined to start. */
export const Ignored = message('supervisor.ignored', {});
export const Done = message('supervisor.done', {});
export const Refused = message('supervisor.refused', {
  why: oneOf(...REFUSALS, 'already_started', 'unstarted', 'unfit', 'no_template', 'not_allowed'),
  detail: text(512),
});
/** `shutdown` is milliseconds, or one of the words. */
export const Described = message('supervisor.described', {
  id,
  restart,
  type,
  significant: flag,
  shutdown: text(16),
});
export const Children = message('supervisor.children', {
  total: number,
  skip: number,
  children: list(
    record({ id, state: oneOf('running', 'restarting', 'idle'), incarnation: number, type }),
    LISTED_MAX,
  ),
});
export const Counts = message('supervisor.counts', {
  specs: number,
  active: number,
  supervisors: number,
  workers: number,
});

export const REQUESTS = catalogue(Start, Restart, Terminate, Delete, Describe, List, Count);
export const ANSWERS = catalogue(Started, Ignored, Done, Refused, Described, Children, Counts);

export type SupervisorRequest = Infer<typeof REQUESTS>;
export type SupervisorAnswer = Infer<typeof ANSWERS>;
