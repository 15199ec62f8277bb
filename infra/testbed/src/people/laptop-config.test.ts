import { expect, test } from 'vitest';
import { laptopConfig } from './laptop-config.ts';

test('laptopConfig routes both sides to the bastion by the names they know', () => {
  expect(laptopConfig('separate', 'alice')).toContain('fromCluster: { host: bastion, port: 22 }');
  expect(laptopConfig('login-is-bastion', 'bob')).toContain('fromLaptop: { host: login }');
  expect(laptopConfig('login-is-bastion', 'bob')).toContain('fromCluster: { host: login-int, port: 22 }');
});
