// Picks, from everything that a failed sbatch printed, the lines that refuse: not the site's frame around them. Pure.

export interface RefusalLines {
  /** Slurm's own last word: "Batch job submission failed: …". */
  verdicts: string[];
  /** What else refuses, in the order in which it was printed. */
  details: string[];
  /** Whether a site's own checks name the step that failed (`--> Checking …FAILED`). */
  isSiteCheck: boolean;
  /** Variables of the user's shell that our command has unset, as sbatchCommand reports them. */
  unset: Array<{ name: string; value: string }>;
}

const verdict = /submission failed|allocation failure/i;
const prefix = /^(sbatch|salloc|srun): (error: |fatal: )?/;
const errorWords = /error|fatal|failure|not found|unrecognized/i;
const failedStep = /(\.{2,}\s*\[?\s*(failed|failure|error|no)|\bFAILED)\s*\]?$/i;
const passedStep = /\.{2,}\s*\[?\s*(ok|done|passed|yes)\s*\]?$/i;
/** How sbatchCommand reports a variable that it has unset. */
export const unsetReport = 'fairlead: unset';

export function refusalLines(stdout: string, stderr: string): RefusalLines {
  const unset: RefusalLines['unset'] = [];
  const streams = [stderr, stdout].map((text) => linesOf(text).filter((line) => !isUnset(line, unset)));
  const tails = streams.map((lines) => {
    const at = lines.findIndex((line) => failedStep.test(line) && !verdict.test(line));
    return at === -1 ? undefined : lines.slice(at);
  });
  const isSiteCheck = tails.some((tail) => tail !== undefined);
  const chosen = streams.flatMap((lines, at) => tails[at] ?? (isSiteCheck ? lines.filter(isLoud) : lines));
  const lines = chosen.filter((line) => !isFrame(line));
  const verdicts = lines.filter((line) => verdict.test(line));
  const details = lines.filter((line) => !verdict.test(line));
  return { verdicts: unique(verdicts), details: unique(details), isSiteCheck, unset };
}

/** The lines that a program would print for an error, where there are any. */
export function loudOnly(lines: readonly string[]): string[] {
  const loud = lines.filter((line) => errorWords.test(line));
  return loud.length > 0 ? loud : [...lines];
}

/** Without `sbatch: error:` and its like. */
export function plain(line: string): string {
  return line.replace(prefix, '').trim();
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function isUnset(line: string, unset: RefusalLines['unset']): boolean {
  if (!line.startsWith(`${unsetReport} `)) return false;
  const [name = '', ...value] = line.slice(unsetReport.length + 1).split('=');
  unset.push({ name, value: value.join('=') });
  return true;
}

function isLoud(line: string): boolean {
  return errorWords.test(line);
}

/** Greetings, rules of dashes, steps that passed, and the line of a well-known frame that reads like a refusal. */
function isFrame(line: string): boolean {
  return (
    !/[\p{L}\d]/u.test(plain(line)) ||
    passedStep.test(line) ||
    /^[-=*#~+|]{2,}[^>].*[-=*#~+|]{2,}$/.test(plain(line)) ||
    /^[-=*#~+|\s]*welcome to\b/i.test(line) ||
    /^no reservation for this job\.?$/i.test(line)
  );
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)];
}
