/** Which metrics a PromQL expression reads, and with which words of their labels. */
const WORDS = new Set(
  'and or unless by without on ignoring group_left group_right bool offset inf nan'.split(' '),
);

export interface Selected {
  readonly metric: string;
  /** `label="word"` that it asks for. */
  readonly labels: readonly (readonly [label: string, word: string])[];
}

export function selectedIn(expression: string): Selected[] {
  const bare = expression
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ');
  const names = bare.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?/g);
  return Array.from(names).flatMap(([, name, labels = '', called]) => {
    if (called !== undefined || WORDS.has(name!.toLowerCase())) return [];
    const asked = Array.from(
      labels.matchAll(/(\w+)="([^"]*)"/g),
      ([, label, word]) => [label!, word!] as const,
    );
    return [{ metric: name!, labels: asked }];
  });
}
