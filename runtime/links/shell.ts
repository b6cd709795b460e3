/** What the hosts of a process share: the ports, the state of the wire, and timers on demand. */
import type { Writer } from '#protocols/codec.ts';
import type { NewLife, PlantedBug } from '#protocols/link/link.ts';
import type { Address, NodeAddress } from '#protocols/subjects.ts';
import type { Clock, Observer, Wire } from '../ports.ts';
import type { Host } from './host.ts';

export interface Shell {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly observer: Observer;
  /** One for all frames: nothing is written to twice. */
  readonly writer: Writer;
  readonly plantedBug: PlantedBug | undefined;
  /** Whether everything said in one turn leaves together. */
  readonly coalesces: boolean;
  readonly peersMax: number;
  readonly newLife: NewLife;
  readonly isUp: boolean;
  /** The wire came up a moment ago: others may not be back yet, so that nobody listens says little. */
  readonly isEarly: boolean;
  /** Beats since the start: one a second. */
  readonly beat: number;
  /** The host of a node that lives in this process. */
  readonly hostOf: (node: NodeAddress) => Host | undefined;
  /** Whether somebody in this process answers for a role. */
  readonly isServed: (any: Address) => boolean;
  /** Flushes the host at the end of the turn. */
  readonly due: (host: Host) => void;
  /** Beats, mends, or tells, until there is nothing left to. */
  readonly watch: () => void;
  readonly mend: () => void;
  readonly tellSoon: () => void;
}
