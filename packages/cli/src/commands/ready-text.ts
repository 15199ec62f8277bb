// What a person reads when a deployment is ready: how to reach it, ready to paste. Names the variable of the key, never the key.

import { clockTime, leftWords } from './instance-words.ts';
import type { Task } from './model-task.ts';
import { renderExamples } from './open-examples.ts';
import { requestExamples } from './request-examples.ts';

interface ReadyFacts {
  name: string;
  /** As it is served. */
  model: string;
  task: Task;
}

export function readyText(facts: ReadyFacts, deadlineMs: number | undefined, nowMs: number): string {
  const { name, task } = facts;
  const until =
    deadlineMs === undefined ? '' : `It runs until ${clockTime(deadlineMs)} (${leftWords(deadlineMs, nowMs)}).\n`;
  const asking =
    task === 'chat'
      ? `Ask it, or run a program that finds it in its environment:\n\n    fairlead chat ${name} Hello\n`
      : 'Run a program that finds it in its environment:\n\n';
  return `
${name} is ready. ${until}
${asking}    fairlead exec ${name} -- python script.py

Open the path for all others, and leave it open:

    fairlead connect ${name}

More examples: fairlead open ${name}. Stop it with: fairlead stop ${name}

${examplesText({ ...facts, baseUrl: 'http://127.0.0.1:18000/v1' })}`;
}

export function examplesText(facts: ReadyFacts & { baseUrl: string }): string {
  const { name } = facts;
  return `With \`fairlead connect ${name}\` open in another terminal, and its key in this one:

    export OPENAI_API_KEY=$(fairlead exec ${name} -- printenv OPENAI_API_KEY)

${renderExamples(requestExamples(facts))}
`;
}
