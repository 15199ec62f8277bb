// What the listing of a cache says of a model: complete, absent, half downloaded, or pointers in place of weights. Pure.

export interface CacheListing {
  cache?: string;
  snapshot?: string;
  files: { name: string; sizeBytes: number; isBroken: boolean }[];
  /** Files that an index names. */
  indexed: string[];
  pointers: string[];
  partialBytes: number;
}

export type WeightsFound =
  | { kind: 'complete'; snapshot: string; sizeBytes: number }
  | { kind: 'absent'; place: string }
  | { kind: 'incomplete'; place: string; missing: string[]; partialBytes: number }
  | { kind: 'pointers'; place: string; files: string[] }
  /** The listing did not come to its end: nothing is known. */
  | { kind: 'unknown' };

const weightsPattern = /\.(safetensors|bin|pt|pth|gguf)$/;
const shardPattern = /^(.*-)(\d{5})-of-(\d{5})(\.\w+)$/;

export function judgeCache(stdout: string): WeightsFound {
  const listing = parseListing(stdout);
  if (!listing) return { kind: 'unknown' };
  const { snapshot, cache = '', files, pointers, partialBytes } = listing;
  const place = snapshot ?? cache;
  if (snapshot === undefined)
    return partialBytes > 0 ? { kind: 'incomplete', place, missing: [], partialBytes } : { kind: 'absent', place };
  if (pointers.length > 0) return { kind: 'pointers', place, files: pointers };
  const missing = missingFrom(listing);
  if (missing.length > 0) return { kind: 'incomplete', place, missing, partialBytes };
  return { kind: 'complete', snapshot, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/** Of what the names of its files and its index promise. */
export function missingFrom({ files, indexed }: Pick<CacheListing, 'files' | 'indexed'>): string[] {
  const whole = new Set(files.filter(({ isBroken, sizeBytes }) => !isBroken && sizeBytes > 0).map(({ name }) => name));
  const weights = [...whole].filter((name) => weightsPattern.test(name));
  const wanted = [...indexed, ...files.map(({ name }) => name), ...weights.flatMap(shardsLike)];
  const missing = [...new Set(wanted)].filter((name) => weightsPattern.test(name) && !whole.has(name));
  // Mistral's own format has params.json in its place.
  const settings =
    whole.has('config.json') || whole.has('params.json') || weights.some((name) => name.endsWith('.gguf'));
  return [
    ...missing.toSorted(),
    ...(weights.length === 0 && missing.length === 0 ? ['every file of weights'] : []),
    ...(settings ? [] : ['config.json']),
  ];
}

/** Each shard's name says how many there are: the index may not be there yet. */
function shardsLike(name: string): string[] {
  const [, stem, , count, end] = shardPattern.exec(name) ?? [];
  if (count === undefined || Number(count) > 2_000) return [];
  return Array.from(
    { length: Number(count) },
    (_, at) => `${stem}${String(at + 1).padStart(5, '0')}-of-${count}${end}`,
  );
}

/** Undefined where the end is missing. */
export function parseListing(stdout: string): CacheListing | undefined {
  const listing: CacheListing = { files: [], indexed: [], pointers: [], partialBytes: 0 };
  let isWhole = false;
  for (const line of stdout.split('\n')) {
    const [, what = '', rest = ''] = /^fl (\w+) ?(.*)$/.exec(line) ?? [];
    if (what === 'cache') listing.cache = rest;
    else if (what === 'snapshot') listing.snapshot = rest;
    else if (what === 'indexed') listing.indexed.push(rest);
    else if (what === 'pointer') listing.pointers.push(rest);
    else if (what === 'partial') listing.partialBytes += Number(rest.split(' ')[0]);
    else if (what === 'end') isWhole = true;
    else if (what === 'file') {
      const [, type, size, name = ''] = /^(\S) (\d+) (.+)$/.exec(rest) ?? [];
      listing.files.push({ name, sizeBytes: Number(size), isBroken: type !== 'f' });
    }
  }
  return isWhole ? listing : undefined;
}
