/** Every primitive that has backends: importing them makes them known to `doctor`. */
import '#algorithms/erasure/code.ts';
import '#algorithms/hash/hash.ts';
import '#algorithms/kem.ts';
import '#algorithms/rendezvous/scoring.ts';
import '#algorithms/seal.ts';
import '#algorithms/signature.ts';
import '#algorithms/threshold/pairing.ts';
import '#algorithms/threshold/ristretto.ts';
import '#algorithms/vrf.ts';
