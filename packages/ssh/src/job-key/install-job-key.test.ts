import { it } from 'vitest';
import { hasSshd } from '../testing.ts';
import { describeJobKey } from './job-key.contract.ts';

if (await hasSshd()) describeJobKey('sshd');
else it.skip('sshd: this machine has none', () => undefined);
describeJobKey('builtin');
