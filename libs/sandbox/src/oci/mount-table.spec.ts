import { describe, expect, it } from 'vitest';
import { parseMountTable, wayTo } from './mount-table.ts';

describe('parseMountTable', () => {
  it('reads optional fields, blanks in names and options', () => {
    const text = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
33 31 0:30 /a /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct
40 27 0:37 /with\\040blank /mnt/a\\134b rw - tmpfs tmpfs rw
`;
    expect(parseMountTable(text)).toEqual([
      {
        ...{ id: '27', parent: '1', device: '254:0', root: '/', point: '/', type: 'ext4' },
        ...{ options: ['rw', 'discard'], groups: [] },
      },
      {
        ...{ id: '33', parent: '31', groups: ['shared:9', 'master:1'] },
        device: '0:30',
        root: '/a',
        point: '/sys/fs/cgroup/cpu,cpuacct',
        type: 'cgroup',
        options: ['rw', 'cpu', 'cpuacct'],
      },
      {
        ...{ id: '40', parent: '27', groups: [] },
        device: '0:37',
        root: '/with blank',
        point: '/mnt/a\\b',
        type: 'tmpfs',
        options: ['rw'],
      },
    ]);
  });
});

describe('wayTo', () => {
  it.each([
    ['/usr', '/usr', ''],
    ['/usr/lib', '/usr', 'lib'],
    ['/usr', '/', 'usr'],
    ['/usr/..hidden', '/usr', '..hidden'],
    ['/usrlib', '/usr', undefined],
    ['/', '/usr', undefined],
    ['/opt', '/usr', undefined],
  ])('leads to %s from %s', (path, from, way) => {
    expect(wayTo(path, from)).toBe(way);
  });
});
