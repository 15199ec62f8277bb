// Reads `rocm-smi --json`. Pure. Passes over what it cannot read: keys and spellings differ between versions.

/** The fields of one section, as text. */
export type RocmFields = Array<[name: string, value: string]>;

export interface RocmReport {
  cards: Array<{ index: number; fields: RocmFields }>;
  /** What is said of the host: its driver, its processes. */
  system: RocmFields;
}

/** Undefined if it is no report. Lines before the JSON, such as warnings, are passed over. */
export function parseRocmCards(text: string): RocmReport | undefined {
  const read = jsonIn(text);
  if (!isMapping(read)) return undefined;
  const cards = Object.entries(read).flatMap(([key, card]) => {
    const index = /^card(\d+)$/.exec(key)?.[1];
    return index === undefined ? [] : [{ index: Number(index), fields: fieldsOf(card) }];
  });
  return { cards, system: fieldsOf(read['system']) };
}

export function rocmField(fields: RocmFields, pattern: RegExp): string | undefined {
  return fields.find(([name]) => pattern.test(name))?.[1];
}

export const vramTotal = /^VRAM Total Memory \(B\)$/i;
export const vramUsed = /^VRAM Total Used Memory \(B\)$/i;

/** The fields that are text or a number. */
function fieldsOf(value: unknown): RocmFields {
  if (!isMapping(value)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string' || typeof field === 'number' ? [[name, String(field)] as [string, string]] : [],
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonIn(text: string): unknown {
  const at = text.indexOf('{');
  if (at < 0) return undefined;
  try {
    return JSON.parse(text.slice(at));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
