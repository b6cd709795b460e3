/** `city-chain keys new FILE`: keys for a person or a node; `keys show FILE`: what others may know of them. */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import { readKeyFile } from './city/key-file.ts';
import { newKeyFile } from './with-city.ts';

export function command(): Command {
  const keys = new Command('keys').description('make and show keys');
  keys
    .command('new')
    .description('make keys; a file that is there is never written over')
    .argument('<file>')
    .option('--json', 'print JSON')
    .action((file: string, options: { readonly json?: boolean }) => {
      newKeyFile(file);
      print(readKeyFile(file), options.json === true);
    });
  keys
    .command('show')
    .description('the public part of keys: who one is, and what one gives to senders')
    .argument('<file>')
    .option('--json', 'print JSON')
    .action((file: string, options: { readonly json?: boolean }) =>
      print(readKeyFile(file), options.json === true),
    );
  return keys;
}

function print({ signing, sealing }: NodeSecrets, asJson: boolean): void {
  const verifying = { suite: signing.suite, key: verifyingKeyOf(signing.suite, signing.seed) };
  const reading = { suite: sealing.suite, key: sealingKeyOf(sealing.suite, sealing.seed) };
  const shown = {
    sender: nameText(fingerprintOf(verifying)),
    signing: signing.suite,
    reader: nameText(readerFingerprintOf(reading)),
    sealing: sealing.suite,
    readerKey: hex(reading.key),
  };
  if (asJson) return console.log(JSON.stringify(shown));
  console.log(`sender  ${shown.sender}  (${shown.signing})`);
  console.log(`reader  ${shown.reader}  (${shown.sealing})`);
}
