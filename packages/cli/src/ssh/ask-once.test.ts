import { expect, it } from 'vitest';

import { askOnce } from './ask-once.ts';

it('askOnce puts each question once, also to two who ask at the same time', async () => {
  const questions: string[] = [];
  const ask = askOnce(async (question) => {
    questions.push(question);
    return `answer ${questions.length}`;
  });
  const [one, two] = await Promise.all([ask('Passphrase for /k/a'), ask('Passphrase for /k/a')]);
  expect([one, two, await ask('Passphrase for /k/a')]).toEqual(['answer 1', 'answer 1', 'answer 1']);
  expect(await ask('Passphrase for /k/b')).toBe('answer 2');
  expect(questions).toEqual(['Passphrase for /k/a', 'Passphrase for /k/b']);
});
