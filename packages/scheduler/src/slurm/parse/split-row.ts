// Splits a row of squeue or sacct whose fields may hold the separator themselves. Pure.

/** The fields before and after the three times that stand side by side in every row: start, end, submit. */
export interface SplitRow {
  before: string[];
  times: [start: string, end: string, submit: string];
  after: string[];
}

/**
 * `least`: how many fields stand before the times; text of the site with a `|` in it makes more. Undefined where the line
 * has fewer fields than that.
 */
export function splitRow(line: string, least: number): SplitRow | undefined {
  const fields = line.split('|');
  if (fields.length < least + 3) return undefined;
  const found = fields.findIndex((_, at) => at >= least && at + 3 <= fields.length && areTimes(fields, at));
  const at = found === -1 ? least : found;
  const [start = '', end = '', submit = ''] = fields.slice(at, at + 3);
  return { before: fields.slice(0, at), times: [start, end, submit], after: fields.slice(at + 3) };
}

function areTimes(fields: readonly string[], at: number): boolean {
  return [at, at + 1, at + 2].every((index) => isTime(fields[index] ?? ''));
}

/** Epoch seconds, the cluster's local time, or one of Slurm's words for none. */
function isTime(text: string): boolean {
  return /^\s*(\d{1,11}|\d{4}-\d\d-\d\dT\S+|N\/A|Unknown|None|\(null\)|Invalid)\s*$/i.test(text);
}
