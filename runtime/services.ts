/**
 * NATS service discovery: `$SRV.PING`, `$SRV.INFO` and `$SRV.STATS`, for all, by name, and by name and
 * id, so that `nats micro ls` and any other tool of that protocol sees our roles. One service for each
 * role in a process; its name is `<layer>-<role>-<region>`, its id is the process.
 *
 * The protocol is NATS' ADR-32; only what it requires is said.
 */
import { utf8 } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import { isSubject, type Filter } from '#protocols/subjects.ts';
import type { Arrival, Wire } from './ports.ts';

export interface Service {
  /** `<layer>-<role>-<region>` */
  readonly name: string;
  readonly description: string;
  /** Where its actors are spoken to. */
  readonly subject: string;
  readonly handled: number;
  readonly failed: number;
}

export interface Discovery {
  readonly wire: Wire;
  /** The process: the id of each of its services. */
  readonly id: string;
  readonly version: string;
  readonly startedAt: Date;
  readonly services: () => readonly Service[];
}

const VERBS = ['PING', 'INFO', 'STATS'] as const;
type Verb = (typeof VERBS)[number];

/** Answers discovery until the result is called. */
export function answerDiscovery(discovery: Discovery): () => void {
  const leave = VERBS.flatMap((verb) =>
    [`$SRV.${verb}`, `$SRV.${verb}.*`, `$SRV.${verb}.*.*`].map((filter) =>
      discovery.wire.listen(filter as Filter, (arrival) => answer(discovery, verb, arrival)),
    ),
  );
  return () => {
    for (const each of leave) each();
  };
}

function answer(discovery: Discovery, verb: Verb, { subject, reply }: Arrival): void {
  if (reply === undefined || !isSubject(reply)) return;
  const [, , name, id] = subject.split('.');
  if (id !== undefined && id !== discovery.id) return;
  for (const service of discovery.services()) {
    if (name !== undefined && name !== service.name) continue;
    discovery.wire.send(reply, utf8(JSON.stringify(response(discovery, verb, service))));
  }
}

function response({ id, version, startedAt }: Discovery, verb: Verb, service: Service): Json {
  const common = {
    type: `io.nats.micro.v1.${verb.toLowerCase()}_response`,
    name: service.name,
    id,
    version,
    metadata: {},
  };
  const endpoint = { name: 'inbox', subject: service.subject, queue_group: 'q' };
  if (verb === 'PING') return common;
  if (verb === 'INFO') {
    const endpoints = [{ ...endpoint, metadata: {} }];
    return { ...common, description: service.description, endpoints };
  }
  const counts = {
    num_requests: service.handled,
    num_errors: service.failed,
    last_error: '',
    processing_time: 0,
    average_processing_time: 0,
  };
  return { ...common, started: startedAt.toISOString(), endpoints: [{ ...endpoint, ...counts }] };
}
