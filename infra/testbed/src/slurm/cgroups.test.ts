import { describe, expect, test } from 'vitest';
import { cgroupPaths, findCgroupParents } from './cgroups.ts';

const separate = ['freezer', 'memory', 'devices', 'cpuset', 'cpuacct'];
const mountOf = (options: string, root = '/') =>
  `40 31 0:37 ${root} /sys/fs/cgroup/${options} rw,relatime shared:9 - cgroup cgroup rw,${options}`;

describe('findCgroupParents', () => {
  test('finds our own cgroup below each mount', () => {
    const own = separate.map((each, index) => `${index}:${each}:/${each === 'memory' ? 'session/7' : ''}`);
    const parents = findCgroupParents(separate.map((each) => mountOf(each)).join('\n'), own.join('\n'))!;
    expect(parents.freezer).toBe('/sys/fs/cgroup/freezer');
    expect(parents.memory).toBe('/sys/fs/cgroup/memory/session/7');
    expect(cgroupPaths(parents, 'x').memory).toBe('/sys/fs/cgroup/memory/session/7/x');
  });

  test('understands hierarchies with several controllers, and mounts that show a part of one', () => {
    const mounts = [
      mountOf('cpu,cpuacct'),
      mountOf('memory', '/docker/9'),
      mountOf('freezer'),
      mountOf('devices'),
      mountOf('cpuset'),
    ];
    const own = ['1:cpu,cpuacct:/a', '2:memory:/docker/9/b', '3:freezer:/', '4:devices:/', '5:cpuset:/'];
    const parents = findCgroupParents(mounts.join('\n'), own.join('\n'))!;
    expect(parents.cpuacct).toBe('/sys/fs/cgroup/cpu,cpuacct/a');
    expect(parents.memory).toBe('/sys/fs/cgroup/memory/b');
  });

  test('finds none on a machine that has only cgroup v2', () => {
    const mounts = '31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
    expect(findCgroupParents(mounts, '0::/user.slice')).toBeUndefined();
  });
});
