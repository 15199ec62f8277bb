// The engine's failures as docs/troubleshooting.md shows them: from the catalogue, with the words of the log that each is tested with.

import { readFileSync } from 'node:fs';

import {
  createLogJudge,
  failureCatalogue,
  type FailureEntry,
  failureTopics,
  fillText,
} from '@fairlead/engines/failures';

const recordings = new URL('../packages/engines/golden/failures/', import.meta.url);

export function renderFailures(): string {
  return Object.entries(failureTopics)
    .map(([topic, title]) =>
      renderTopic(
        title,
        failureCatalogue.filter((entry) => entry.topic === topic),
      ),
    )
    .join('\n\n');
}

function renderTopic(title: string, entries: readonly FailureEntry[]): string {
  const rows = entries.map((entry) => `| ${rowOf(entry).map(cell).join(' | ')} |`);
  return `### ${title}

| the log says | what happened | why | what to do | the same start again |
|---|---|---|---|---|
${rows.join('\n')}`;
}

/** Of the node, nothing is known here. */
const placeholders = { engine: 'vllm', gpus: '', interfaces: '' };

function rowOf(entry: FailureEntry): string[] {
  const texts = [entry.what, entry.why, entry.cure].map((text) => fillText(text, placeholders));
  const again = entry.retry ? 'may go better' : 'fails again';
  return [`*${sayingOf(entry)}*`, ...texts, entry.otherNode ? `${again}; another node may help` : again];
}

const sayingLimit = 90;

/** What the verdict rests on in the recorded log: a part that is long enough to search for. */
function sayingOf({ id }: FailureEntry): string {
  const judge = createLogJudge();
  for (const line of readFileSync(new URL(`${id}.log`, recordings), 'utf8').split('\n')) judge.push(line);
  const { verdict } = judge.diagnose();
  if (verdict.kind !== 'failed') throw new Error(`cannot show ${id} because its recorded log does not tell it`);
  const said = verdict.said
    .replace(/^(?:ValueError|RuntimeError|OSError|AssertionError): /, '')
    .replaceAll('`', "'")
    .trim();
  return said.length > sayingLimit ? `${said.slice(0, sayingLimit).replace(/\s\S*$/, '')} …` : said;
}

/** The bar would end the cell; the rest would be read as Markdown or as HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/(?<!`[^`]*)<(?=\w)/g, '&lt;');
}
