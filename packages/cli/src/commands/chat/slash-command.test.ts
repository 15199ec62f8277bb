import { expect, it } from 'vitest';

import { parseSlashCommand } from './slash-command.ts';

it.each([
  ['/reset', { type: 'reset' }],
  ['/exit', { type: 'quit' }],
  ['/system', { type: 'system', argument: undefined }],
  ['/system  Be brief.\nSay yes. ', { type: 'system', argument: 'Be brief.\nSay yes.' }],
  ['/save a b.json', { type: 'save', argument: 'a b.json' }],
  ['/frob x', { type: 'unknown', word: 'frob' }],
  ['/', { type: 'unknown', word: '' }],
  [' /reset', undefined],
  ['and/or', undefined],
])('parseSlashCommand reads %j', (text, command) => {
  expect(parseSlashCommand(text)).toEqual(command);
});
