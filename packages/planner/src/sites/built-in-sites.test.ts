import { expect, it } from 'vitest';

import { siteProfile } from '../site-profile.ts';
import { placesOfSite } from '../plan/place.ts';
import { builtInSites } from './built-in-sites.ts';

it.each(builtInSites.map((site) => [site.name, site] as const))(
  'The site %s matches the schema, with known GPU types',
  (_, site) => {
    expect(siteProfile.parse(site)).toEqual(site);
    expect(placesOfSite(site)).toHaveLength(site.partitions.length);
  },
);

it('A user who may hold fewer GPUs than a node has gets a part of a node', () => {
  const [site] = builtInSites;
  const [partition] = site!.partitions;
  const place = placesOfSite({ ...site!, partitions: [{ ...partition!, maxGpus: 1 }] })[0];
  expect(place).toMatchObject({ gpusPerNode: 1, nodes: 1, cpusPerNode: 21, memoryGbPerNode: 80 });
});

it("The nodes of a place hold no more GPUs than the site's limit for one user", () => {
  const places = placesOfSite(builtInSites.find(({ name }) => name === 'curc-alpine')!);
  expect(places.map(({ partition, nodes }) => [partition, nodes])).toEqual([
    ['aa100', 7],
    ['al40', 2],
    ['ami100', 5],
  ]);
});
