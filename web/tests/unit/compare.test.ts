// compare.test.ts: what differs between two images.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences, environmentOf, layersOf, placed, platformOf, platformsOf, settingsOf, sizeOf } from '../../src/lib/compare';
import { manifestOf } from '../../src/lib/content';

const manifest = (...layers: [string, number][]): ReturnType<typeof manifestOf> & object => manifestOf(JSON.stringify({
    layers: layers.map(([hex, size]) => ({ digest: `sha256:${hex}`, size })),
}))!;

test('layers: shared ones once, those of one side where they are', () => {
    const layers = layersOf(manifest(['aa', 1], ['bb', 2], ['aa', 1]), manifest(['aa', 1], ['cc', 4], ['dd', 8]));
    assert.deepEqual(layers.map((one) => [one.digest.slice(7), one.where]),
                     [['aa', 'both'], ['bb', 'from'], ['cc', 'to'], ['dd', 'to']]);
    assert.deepEqual([sizeOf(layers, 'both'), sizeOf(layers, 'to'), sizeOf(layers, 'from', 'to')], [1, 12, 14]);
    assert.deepEqual(placed([], ['x']), [['x', 'to']]);
});

test('differences of settings, whatever their names', () => {
    assert.deepEqual(differences([['a', '1'], ['__proto__', 'x'], ['b', '']], [['a', '1'], ['c', '2'], ['b', '3']]), [
        { name: '__proto__', from: 'x', to: null }, { name: 'b', from: '', to: '3' }, { name: 'c', from: null, to: '2' },
    ]);
    assert.deepEqual(environmentOf({ config: { Env: ['A=1=2', 'B'] } }, { config: { Env: 'x' } }),
                     [{ name: 'A', from: '1=2', to: null }, { name: 'B', from: '', to: null }]);
    assert.deepEqual(settingsOf({ config: { Cmd: ['a b', 'c'], ExposedPorts: { '80/tcp': {}, '22/tcp': {} } } }, undefined), [
        { name: 'Cmd', from: '"a b" c', to: null }, { name: 'ExposedPorts', from: '22/tcp 80/tcp', to: null }]);
});

test('platforms that run', () => {
    assert.equal(platformOf({ os: 'linux', architecture: 'arm', variant: 'v7' }), 'linux/arm/v7');
    assert.equal(platformOf(null), '');
    assert.deepEqual(platformsOf(manifestOf(JSON.stringify({ manifests: [
        { digest: 'sha256:aa', platform: { os: 'unknown', architecture: 'unknown' } }, { digest: 'sha256:bb' },
        { digest: 'sha256:cc', platform: { os: 'linux', architecture: 'amd64' } }] }))!), ['linux/amd64']);
});
