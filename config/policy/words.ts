/**
 * What each key of the policy file is for, in a line: what editors show beside it (schema.ts). Where
 * config/policy.yaml explains a key, it says the same (test/config/policy/words.test.ts).
 */
export const WORDS: Readonly<Record<string, string>> = {
  pieces: 'of one transaction',
  'pieces.k': 'so many pieces bring a transaction back',
  'pieces.light_unique': 'pieces on lights, one each',
  'pieces.anchor_total': 'pieces on anchors, all continents together',
  'pieces.per_operator':
    'of the lights of one operator at most so many, where there are enough of others',
  'pieces.stand_in':
    'of the pieces on lights, so many go to anchors while lights that are there have no room',
  'pieces.split': 'auto: over the continents present; or one only: asia_only, europe_only',

  anchors: 'where anchor pieces lie',
  'anchors.per_continent': "anchors that share a continent's pieces",
  'anchors.split_ratio':
    'at most so many pieces there while another continent has room, such as { asia: 6, europe: 6 }',
  'anchors.survive_loss_of':
    'none | anchor | continent: pieces are added until k remain on the other anchors',

  ack_rule: 'when the sender is told that its transaction is kept',
  'ack_rule.margin': 'acks beyond k that are waited for; so many liars do no harm',
  'ack_rule.local_anchor_share': "of the anchor pieces on the sender's continent, at least",
  'ack_rule.anchors': 'from so many anchors there, at least',
  'ack_rule.deadline_ms': 'so long, then more anchors are asked',
  'ack_rule.escalate_anchor_pieces': 'for further anchors when the deadline has passed',

  boosts: 'while a condition holds, these are added; all that hold together, within the bounds',
  'boosts.when':
    'time 23:00-06:00 Asia/Tokyo, p_light < 0.08, p_light.europe > 0.2, strained; with and, or, parentheses',
  'boosts.anchor_total': 'pieces on anchors that are added while it holds; fewer with a minus',
  'boosts.light_unique': 'pieces on lights that are added',
  'boosts.margin': 'acks beyond k that are waited for in addition',

  events:
    "nodes of a city weigh more: { place: asia.ishikawa.komatsu, weight: 1.5, when: 'time 18:00-23:00 Asia/Tokyo' }",
  'events.place': 'the city, as continent.municipality.city',
  'events.weight': 'its nodes weigh so many times what they weigh',
  'events.when': 'while this holds; always, if there is nothing',

  bounds: 'what boosts may make of it',
  'bounds.anchor_total': 'pieces on anchors: the least and the most',
  'bounds.light_unique': 'pieces on lights: the least and the most',
  'bounds.margin': 'acks beyond k: the least and the most',

  repair: 'when pieces are made anew',
  'repair.light_ttl_days': 'lights forget after so long',
  'repair.anchor_ttl_hours': 'as long as there is room; or hours',
  'repair.watermark_hours': 'with hours: repair starts when so few are left',
  'repair.watermark_share':
    'a holder with so little room left asks that others take some of what it has',
  'repair.settle_s': 'nothing is judged earlier',
  'repair.missed_light_days': 'a light that is away is waited for so long',
  'repair.missed_anchor_h': 'and an anchor',
  'repair.start_at': 'healthy pieces at which repair starts',
  'repair.urgent_at': 'and at which it is urgent',
  'repair.anchor_pieces_low': 'pieces on anchors at which it starts',
  'repair.online_floor': 'fewer pieces online than these are an alarm',
  'repair.floor_action': 'alarm | repair',
  'repair.bytes_per_s': 'what repair may move',
  'repair.stripe_bytes': 'what is coded at a time',
  'repair.lease_s':
    'one delegate repairs a transaction, for so long; if it dies others wait for that',
  'repair.lease_max_s': 'and at most, where it asks for longer',
  'repair.rest_s': 'then it is the turn of another one for so long',
  'repair.pause_s': 'between two repairs of one transaction, twice as long each time in a day',
  'repair.pause_max_s': 'and at most',
  'repair.full_s':
    'a holder that had no room for a piece is given none for so long, twice as long each time',
  'repair.full_max_s': 'and at most',

  capacity: 'binary units',
  'capacity.light_mb': 'what a light gives',
  'capacity.anchor_tb': 'what an anchor gives',

  audits: 'of what is held; whether there are any is a feature, below',
  'audits.epoch_s':
    'findings are summed up, scored and paid in spans of so long; a large city takes 3600',
  'audits.pieces_per_s': 'what each delegate asks for, of all holders together: a tenth of a core',
  'audits.keep_h':
    'ledgers keep findings in full; a delegate away for longer takes the sums from others',

  rewards: 'Harmony, for what audits found to be held',
  'rewards.light_gib_day': 'for a gibibyte that a light holds for a day',
  'rewards.anchor_gib_day': 'for a gibibyte that an anchor holds for a day',
  'rewards.delegate_day': 'for a delegate, a day',
  'rewards.per_day': 'more is never made, whatever is held',
  'rewards.epoch_s': 'what was earned is paid into accounts so often',
  'rewards.slash_share': 'of what was paid, so much is lost to evidence',

  stake: 'of delegates: who orders, and what it costs to lie',
  'stake.epoch_batches': 'batches of an epoch; then who orders is elected anew',
  'stake.seats': 'delegates that order, at most',
  'stake.unbonding_epochs':
    'stake that was taken back can still be lost for so long, and evidence counts for so long',
  'stake.slash_share': 'of the stake, so much is lost to evidence at least',
  'stake.together_epochs': 'whoever is convicted within so many epochs of others loses more',
  'stake.present_share': 'who was seen in fewer batches of an epoch is left out of elections',
  'stake.away_epochs': 'for so many epochs',
  'stake.missed_turns':
    'so many turns of a leader come to nothing, one after another; then others have them',
  'stake.passed_batches': 'for so many batches, twice as many each time that it comes again',

  transfers: 'of Harmony, to other cities',
  'transfers.within_days':
    'each is to arrive, or to come back, by a time that its sender says, at most so far away',

  slo: 'of reads and writes: while they burn the budget of errors too fast, the city is `strained`',
  'slo.good_share': 'so many must be done, and in time',
  'slo.write_ms': 'until enough holders have acknowledged',
  'slo.read_ms': 'until the text is given',
  'slo.window_s':
    'the long window of the fast burn; the short one is a twelfth, those of the slow burn six times as long',
  'slo.fast_burn': 'so many times faster than the budget lasts, in both windows, is too fast',
  'slo.slow_burn': 'the same over the six times longer windows',

  crypto: 'what is signed and sealed with',
  'crypto.signature': 'ml-dsa-44 | ml-dsa-65 | ml-dsa-87',
  'crypto.kem': 'ml-kem-768 | x-wing | sntrup761',

  features: 'true, false, or { percent: 5, cities: [asia.ishikawa.komatsu] }',
  'features.anchor_boost_enabled': 'whether boosts may add anchor pieces',
  'features.anchor_boost_enabled.percent': 'for so many of a hundred transactions',
  'features.anchor_boost_enabled.cities': 'only in these; in all, if there are none',
  'features.audits_enabled': 'whether holders are asked for what they hold',
  'features.audits_enabled.percent': 'for so many of a hundred transactions',
  'features.audits_enabled.cities': 'only in these; in all, if there are none',
};
