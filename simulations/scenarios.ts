/** All scenarios, by name. */
import { audits } from './audits.ts';
import { brimful } from './brimful.ts';
import { canary, cityCanary } from './canary.ts';
import { city } from './city.ts';
import { comeback } from './comeback.ts';
import { dag } from './dag.ts';
import { emptied } from './emptied.ts';
import { few } from './few.ts';
import { half, hundred } from './half.ts';
import { hoard } from './hoard.ts';
import { leaving } from './leaving.ts';
import { mend } from './mend.ts';
import { continent } from './continent.ts';
import { globe } from './globe.ts';
import { municipality } from './municipality.ts';
import { overlay } from './overlay.ts';
import { ring } from './ring.ts';
import { rooted } from './rooted.ts';
import { rollCall } from './roll-call.ts';
import { anyScenario, type Scenario } from './scenario.ts';
import { transfers } from './transfers.ts';
import { twenty } from './twenty.ts';
import { twinsAbba } from './twins/abba.ts';
import { twinsDag } from './twins/dag.ts';
import { twinsJolteon } from './twins/jolteon.ts';
import { vigil } from './vigil.ts';

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [
    anyScenario(ring),
    anyScenario(vigil),
    anyScenario(hoard),
    anyScenario(rollCall),
    anyScenario(city),
    anyScenario(dag),
    anyScenario(twenty),
    anyScenario(comeback),
    anyScenario(few),
    anyScenario(mend),
    anyScenario(half),
    anyScenario(hundred),
    anyScenario(leaving),
    anyScenario(brimful),
    anyScenario(audits),
    anyScenario(emptied),
    anyScenario(overlay),
    anyScenario(municipality),
    anyScenario(continent),
    anyScenario(globe),
    anyScenario(transfers),
    anyScenario(rooted),
    anyScenario(twinsAbba),
    anyScenario(twinsDag),
    anyScenario(twinsJolteon),
    anyScenario(canary),
    anyScenario(cityCanary),
  ].map((each) => [each.name, each]),
);
