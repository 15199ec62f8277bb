import { expect, it } from 'vitest';

import { withRoutes } from './init-routes.ts';

it('routes that were found stand behind those that are configured', () => {
  const config = { bastion: { fromLaptop: { host: 'gate' } } };
  const found = { outside: [{ host: 'gate2' }], inside: [{ host: '10.0.0.5' }] };
  expect(withRoutes(config, found).bastion).toEqual({
    fromLaptop: [{ host: 'gate' }, { host: 'gate2' }],
    // The first is what jobs do without a setting.
    fromCluster: [{}, { host: '10.0.0.5' }],
  });
  expect(withRoutes(config, { outside: [], inside: [] })).toEqual(config);
});
