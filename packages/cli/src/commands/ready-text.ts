// What a person reads when a deployment is ready: how to reach it, ready to paste. Names the variable of the key, never the key.

import { clockTime, leftWords } from './instance-words.ts';
import { firstExamples, renderExamples } from './open-examples.ts';

export function readyText(name: string, model: string, deadlineMs: number | undefined, nowMs: number): string {
  const until =
    deadlineMs === undefined ? '' : `It runs until ${clockTime(deadlineMs)} (${leftWords(deadlineMs, nowMs)}).\n`;
  return `
${name} is ready. ${until}
Ask it, or run a program that finds it in its environment:

    fairlead chat ${name} Hello
    fairlead exec ${name} -- python script.py

Open the path for all others, and leave it open:

    fairlead connect ${name}

More examples: fairlead open ${name}. Stop it with: fairlead stop ${name}

${examplesText({ baseUrl: 'http://127.0.0.1:18000/v1', model, name })}`;
}

export function examplesText(facts: { baseUrl: string; model: string; name: string }): string {
  const { name } = facts;
  return `With \`fairlead connect ${name}\` open in another terminal, and its key in this one:

    export OPENAI_API_KEY=$(fairlead exec ${name} -- printenv OPENAI_API_KEY)

${renderExamples(firstExamples(facts))}
`;
}
