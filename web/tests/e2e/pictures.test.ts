// pictures.test.ts: takes the pictures of docs/ (SLIPWAY_PICTURES=1), of an
// installation that has little more than what they show.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { launch, logIn, open, type How } from './browser';
import { House, INDEX, TOP, until } from './house';

const BYTES_MAX = 60 * 1024;
const TEAM = 'harbour';
const PAGE = '# Berths\n\nPlans which ship lies where. Reads a timetable, writes a plan.\n\n'
    + '```sh\ndocker run -p 80:80 harbour/berths\n```\n\n'
    + '| variable | |\n|---|---|\n| `PORT` | where it listens |\n| `TIMETABLE` | URL of the timetable |\n';
const config = (version: string): object => ({
    config: {
        Entrypoint: ['/usr/bin/berths'], Cmd: ['--port', '80'], User: 'berths', WorkingDir: '/srv',
        Env: ['PATH=/usr/bin', `VERSION=${version}`], ExposedPorts: { '80/tcp': {} },
        Labels: { 'org.opencontainers.image.source': 'https://code.example/berths', version },
    },
});
const steps = (more: string[]): { created_by: string }[] => [
    '/bin/sh -c #(nop) ADD file:5c1d in / ', '/bin/sh -c apk add --no-cache ca-certificates', ...more,
    'COPY berths /usr/bin/berths # buildkit',
].map((created_by) => ({ created_by }));

/** An image for two platforms. */
async function release(house: House, tag: string, more: string[]): Promise<void> {
    const name = `${TEAM}/berths`;
    const platforms = [];
    for (const architecture of ['amd64', 'arm64']) {
        platforms.push({
            ...await house.image('nora', name, null, {
                steps: steps(more), seed: `${architecture} ${more.length}`, root: { ...config(tag), architecture },
            }),
            platform: { os: 'linux', architecture },
        });
    }
    const token = await house.token('nora', `repository:${name}:pull,push`);
    await house.manifest(token, name, tag, { schemaVersion: 2, mediaType: INDEX, manifests: platforms });
    await house.known('nora', name, tag);
}

async function seed(house: House, receiver: string): Promise<void> {
    await house.account('nora', { display_name: 'Nora' });
    await house.api('nora', 'POST', '/namespaces', { name: TEAM, description: 'Programs of the port' });
    for (const [i, tag] of ['1.0', '1.1', '1.2', '2.0', 'latest'].entries()) {
        await release(house, tag, i < 3 ? [] : ['RUN /bin/sh -c apk add --no-cache tzdata # buildkit']);
    }
    for (const [name, description, topic] of [
        ['berths', 'Plans which ship lies where', 'planning'], ['tides', 'High and low water, by harbour', 'data'],
        ['crane-ui', 'Pages for the drivers of cranes', 'web'], ['ledger', 'Who owes which fees', 'data'],
    ] as const) {
        if (name !== 'berths') {
            await house.image('nora', `${TEAM}/${name}`, '1.0', { steps: steps([]), root: config('1.0') });
            await house.known('nora', `${TEAM}/${name}`, '1.0');
        }
        await house.describe('nora', `${TEAM}/${name}`, { visibility: 'public', description, topics: [topic] });
    }
    await house.describe('nora', `${TEAM}/berths`, { page: PAGE, links: ['https://code.example/berths'] });
    const berths = `/repositories/${TEAM}%2Fberths`;
    for (const [team, role] of [['pilots', 'read'], ['releases', 'write']] as const) {
        await house.api('nora', 'POST', `/namespaces/${TEAM}/teams`, { name: team });
        await house.api('nora', 'PUT', `${berths}/teams/${team}`, { role });
    }
    await house.api('nora', 'POST', `${berths}/webhooks`, { url: receiver, events: ['push'] });
    await release(house, '2.1', ['RUN /bin/sh -c apk add --no-cache tzdata # buildkit']);
    await until('a delivery that failed', async () => (await house.api<{ items: unknown[] }>(
        'admin', 'GET', '/failing-webhooks')).items.length > 0);
}

const BERTHS = `repositories/${TEAM}%2Fberths`;
const PICTURES: [name: string, path: string, login: string | null, how?: How, scrolled?: number][] = [
    ['explore', '', null],
    ['repository', BERTHS, null],
    ['tags', `${BERTHS}/tags`, null],
    ['tag', `${BERTHS}/tags/2.0`, 'nora'],
    ['compare', `${BERTHS}/compare?from=1.2&to=2.0`, null, { scheme: 'dark' }],
    ['namespace', `namespaces/${TEAM}`, null],
    ['home', 'home', 'nora'],
    ['access', `${BERTHS}/settings/access`, 'nora'],
    ['webhook', `${BERTHS}/settings/webhooks/1`, 'nora', {}, 260],
    ['storage', 'admin/storage', 'admin', { scheme: 'dark' }],
];

test('pictures of the ten main pages', { skip: process.env['SLIPWAY_PICTURES'] !== '1' }, async () => {
    const house = new House();
    const receiver = createServer((_request, response) => {
        response.writeHead(503);
        response.end('closed for the night');
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const browser = await launch();
    try {
        await house.start();
        await seed(house, `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`);
        for (const [name, path, login, how, scrolled] of PICTURES) {
            const tab = await open(browser, house.url, how ?? {});
            await tab.page.setViewportSize({ width: 920, height: scrolled === undefined ? 540 : 440 });
            if (login !== null) {
                await logIn(tab, login, house.password(login));
            }
            await tab.go(path);
            await tab.page.evaluate((y) => scrollTo(0, y), scrolled ?? 0);
            const file = join(TOP, `docs/web-${name}.png`);
            await tab.page.screenshot({ path: file });
            assert.ok(statSync(file).size <= BYTES_MAX, `${name}: ${statSync(file).size} bytes`);
            await tab.close();
        }
    } finally {
        await browser.close();
        receiver.close();
        house.stop();
    }
});
