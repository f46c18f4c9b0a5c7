import { describe, expect, it } from 'vitest';
import { findHiddenPlaces } from './hidden-places.ts';
import type { Mount } from './mount-table.ts';

const mount = (device: string, root: string, point: string): Mount => ({
  ...{ id: '1', parent: '0', groups: [] },
  ...{ device, root, point },
  type: 'any',
  options: [],
});
const rootfs = mount('8:1', '/', '/');
const same = (path: string) => ({ source: path, destination: path });

describe('where a hidden directory would be seen', () => {
  it.each<[string, string, string, Mount[], string[], string[]]>([
    ['below a shown directory', '/usr', '/usr/local/ci', [], ['/usr/local/ci'], []],
    ['nowhere, being elsewhere', '/usr', '/srv/ci', [], [], []],
    ['nowhere, having a name that begins alike', '/srv/ci', '/srv/ci2', [], [], []],
    ['as a shown directory itself', '/srv/ci', '/srv/ci', [], [], ['/srv/ci']],
    ['around a shown directory', '/srv/ci/tools', '/srv/ci', [], [], ['/srv/ci/tools']],
    ['around everything', '/usr', '/', [], [], ['/usr']],
    [
      'at another mount of it, below a shown directory',
      '/usr',
      '/srv/ci',
      [mount('8:1', '/srv', '/usr/mirror')],
      ['/usr/mirror/ci'],
      [],
    ],
    [
      'at another mount of a part of it',
      '/usr',
      '/srv/ci',
      [mount('8:1', '/srv/ci/logs', '/usr/share/logs')],
      ['/usr/share/logs'],
      [],
    ],
    [
      'as a shown directory that is another mount of it',
      '/mnt/ci',
      '/srv/ci',
      [mount('8:1', '/srv/ci', '/mnt/ci')],
      [],
      ['/mnt/ci'],
    ],
    [
      'in a shown directory, as a filesystem of its own',
      '/usr',
      '/usr/ci',
      [mount('8:2', '/', '/usr/ci')],
      ['/usr/ci'],
      [],
    ],
    [
      'by a filesystem mounted in it, and below a shown directory as well',
      '/opt',
      '/srv/ci',
      [mount('8:2', '/', '/srv/ci/blobs'), mount('8:2', '/', '/opt/volume')],
      ['/opt/volume'],
      [],
    ],
    [
      'nowhere, another mount lying over it',
      '/usr',
      '/srv/ci',
      [mount('8:1', '/srv', '/usr/mirror'), mount('8:3', '/', '/usr/mirror')],
      [],
      [],
    ],
    [
      'nowhere, not being on that filesystem',
      '/usr',
      '/srv/ci',
      [mount('8:2', '/', '/usr')],
      [],
      [],
    ],
  ])('%s', (_, shown, hidden, mounts, covered, refused) => {
    expect(findHiddenPlaces([same(shown)], [hidden], [rootfs, ...mounts])).toEqual({
      covered,
      refused,
    });
  });

  it('is told by the path inside', () => {
    const shown = [{ source: '/srv/tools', destination: '/opt/tools' }];
    expect(findHiddenPlaces(shown, ['/srv/tools/x/ci'], [rootfs]).covered).toEqual([
      '/opt/tools/x/ci',
    ]);
  });
});
