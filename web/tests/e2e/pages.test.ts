// pages.test.ts: the pages of a real installation in a real browser.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { audit, launch, open, type How, type Tab } from './browser';
import { BUILD, freePort, House, INDEX, MANIFEST, TOP, until } from './house';

const house = new House();
let browser: Browser;

const STEPS = [
    { created_by: '/bin/sh -c #(nop) ADD file:0123 in / ' },
    { created_by: '/bin/sh -c apk add --no-cache ca-certificates' },
    { created_by: 'ENV DB_PASSWORD=hunter2', empty_layer: true },
    { created_by: 'COPY app /usr/bin/app # buildkit' },
    { created_by: 'CMD ["/usr/bin/app"]', empty_layer: true },
];
const APP_CONFIG = {
    Entrypoint: ['/usr/bin/app'], Cmd: ['--port', '80'], User: 'app', WorkingDir: '/srv',
    Env: ['PATH=/usr/bin', 'DB_PASSWORD=hunter2'], ExposedPorts: { '80/tcp': {} },
    Labels: { 'org.opencontainers.image.source': 'https://code.test/app' },
};
const PAGE = '# App\n\nServes *files*. [Anchor](#use), [source](https://code.test/app).\n\n'
    + '## Use\n\n```sh\ndocker run app\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n';

// What may not run, wherever people or images say it.
const MARK = 'window.marked=1';
const VECTORS = [
    `"><img src=x onerror="${MARK}">`,
    `</title><script>${MARK}</script>`,
    `<svg onload="${MARK}"><math><mtext></form><style><img src=x onerror="${MARK}">`,
    `javascript:${MARK}//`,
    '{{7*7}} ${7*7} <%= 7*7 %>',
    '\u202egnp.exe \u0300\u0300\u0300',
];
const EVIL_PAGE = [
    `[a](javascript:${MARK}) [b](JaVaScRiPt:${MARK}) [c](java&#x09;script:${MARK})`,
    `[d](data:text/html,<script>${MARK}</script>) [e](//evil.test) [f]: x`,
    `![x](https://evil.test/p.png "x\\" onerror=${MARK}") ![y](javascript:${MARK})`,
    `<script>${MARK}</script> <iframe srcdoc="<script>${MARK}</script>"></iframe>`,
    '# app\n# location\n# __proto__',
    `\`\`\`js" onmouseover=${MARK}\nx\n\`\`\``,
    `<javascript:${MARK}> <https://evil.test/\\"onclick=${MARK}>`,
    VECTORS.join('\n\n'),
].join('\n\n');

async function seedApp(): Promise<void> {
    await house.account('alice', { display_name: 'Alice' });
    const amd = await house.image('alice', 'alice/app', '1.0', {
        steps: STEPS, root: { config: APP_CONFIG },
    });
    const arm = await house.image('alice', 'alice/app', null, {
        steps: STEPS, root: { config: APP_CONFIG, architecture: 'arm64' }, seed: 'arm',
    });
    const token = await house.token('alice', 'repository:alice/app:pull,push');
    await house.manifest(token, 'alice/app', 'latest', {
        schemaVersion: 2, mediaType: INDEX, manifests: [
            { ...amd, platform: { os: 'linux', architecture: 'amd64' } },
            { ...arm, platform: { os: 'linux', architecture: 'arm64' } },
        ],
    });
    const empty = await house.blob(token, 'alice/app', Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
    await house.manifest(token, 'alice/app', null, {
        schemaVersion: 2, mediaType: MANIFEST, artifactType: 'application/spdx+json',
        config: empty, layers: [empty], subject: amd,
    });
    await house.known('alice', 'alice/app', 'latest');
    await house.image('alice', 'alice/many', 'sha256-' + '0'.repeat(64) + '.sig');
    await house.known('alice', 'alice/many', 'sha256-' + '0'.repeat(64) + '.sig');
    await house.describe('alice', 'alice/many', { visibility: 'public' });
    // as many pushes would take minutes
    house.sql(`INSERT INTO tag (repository_id, name, digest, pushed_at)
        SELECT t.repository_id, CONCAT('1.', s.seq), t.digest, 1700000000 + s.seq
        FROM tag t JOIN repository r ON r.id = t.repository_id, seq_1_to_99999 s
        WHERE r.name = 'alice/many' AND t.name LIKE 'sha256-%';`);
    await house.describe('alice', 'alice/app', {
        visibility: 'public', description: 'An app that serves files', page: PAGE, topics: ['web'],
        links: ['https://code.test/app'],
    });
}

async function seedEvil(): Promise<void> {
    await house.account('mallory', { display_name: VECTORS[0]! });
    await house.image('mallory', 'mallory/evil', '1', {
        steps: VECTORS.map((created_by) => ({ created_by })),
        root: {
            author: VECTORS[1], created: '<b>', architecture: VECTORS[2], os: '<b>/"',
            config: {
                Env: VECTORS.map((text) => `A=${text}`), Entrypoint: VECTORS, Cmd: VECTORS, User: VECTORS[0],
                WorkingDir: VECTORS[2], Labels: {
                    ...Object.fromEntries(VECTORS.map((text) => [text, text])), constructor: 'x',
                    'org.opencontainers.image.url': `javascript:${MARK}`,
                },
            },
        },
        manifest: { artifactType: 'application/x-evil+html' },
    });
    await house.image('mallory', 'mallory/secret', '1');
    await house.known('mallory', 'mallory/evil', '1');
    await house.known('mallory', 'mallory/secret', '1');
    await house.describe('mallory', 'mallory/evil', {
        visibility: 'public', description: VECTORS[1]!, page: EVIL_PAGE,
        topics: ['x'], links: ['https://evil.test/"><script>'],
    });
}

before(async () => {
    [browser] = await Promise.all([launch(), house.start()]);
    await seedApp();
    await seedEvil();
}, { timeout: 120_000 });

after(async () => {
    await browser?.close();
    house.stop();
});

/** A test with a tab of its own, whose faults are the test's. */
function shows(name: string, how: How, body: (tab: Tab) => Promise<void>): void {
    test(name, async () => {
        const tab = await open(browser, house.url, how);
        try {
            await body(tab);
        } catch (error) {
            await tab.context.close();
            throw error;
        }
        await tab.close();
    });
}

const APP = 'repositories/alice%2Fapp';
const text = (tab: Tab, selector = 'main'): Promise<string> => tab.page.locator(selector).innerText();

// --- what every page must be ------------------------------------------------

const PAGES: [path: string, title: string][] = [
    ['', 'Explore – Slipway'],
    [APP, 'alice/app – Slipway'],
    [`${APP}/tags`, 'alice/app – Tags – Slipway'],
    [`${APP}/tags/latest`, 'alice/app:latest – Slipway'],
    [`${APP}/tags/1.0?view=config`, 'alice/app:1.0 – Slipway'],
    [`${APP}/tags/latest?view=manifest`, 'alice/app:latest – Slipway'],
    [`${APP}/tags/1.0?view=json`, 'alice/app:1.0 – Slipway'],
    [`${APP}/tags/1.0?view=referrers`, 'alice/app:1.0 – Slipway'],
    [`${APP}/tags/1.0?view=history`, 'alice/app:1.0 – Slipway'],
    [`${APP}/activity`, 'alice/app – Activity – Slipway'],
    [`${APP}/comments`, 'alice/app – Comments – Slipway'],
    [`${APP}/compare?from=1.0&to=latest`, 'alice/app – Compare tags – Slipway'],
    ['namespaces/alice', 'alice – Slipway'],
    ['login', 'Log in – Slipway'],
    ['signup', 'Sign up – Slipway'],
    ['nowhere/at/all', 'There is no such page – Slipway'],
];

// Each theme and each width once: what depends on both does not exist.
for (const [scheme, width] of [['light', 1280], ['dark', 360]] as const) {
    shows(`titles, three requests at most, and axe finds nothing: ${scheme}, ${width} px`,
          { scheme, width }, async (tab) => {
              for (const [path, title] of PAGES) {
                  await tab.go(path);
                  assert.equal(await tab.page.title(), title);
                  assert.ok(tab.asked.length <= 3, `${path}: ${tab.asked.join(' ')}`);
                  assert.equal(await tab.page.locator('h1').count(), 1, path);
                  await audit(tab);
              }
          });
}

shows('in Chinese, as the browser asks for it', { locale: 'zh-CN' }, async (tab) => {
    await tab.go(`${APP}/tags/1.0`);
    assert.equal(await tab.page.getAttribute('html', 'lang'), 'zh-CN');
    assert.match(await text(tab), /镜像层/);
    assert.match(await text(tab, 'header'), /登录/);
    await audit(tab);
    await tab.page.selectOption('footer select >> nth=0', 'en');
    await tab.page.waitForSelector('html[lang=en]');
    await tab.page.reload();
    await tab.settled();
    assert.match(await text(tab, 'header'), /Log in/);
});

// --- journeys ----------------------------------------------------------------

shows('a search finds as one types, and Back returns', {}, async (tab) => {
    const { page } = tab;
    await tab.go('');
    assert.match(await text(tab), /alice\/app/);
    await page.keyboard.press('Tab');
    assert.match(await page.locator(':focus').innerText(), /Skip/);
    await page.fill('#q', 'serves');
    await page.waitForURL(/q=serves/);
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    await page.fill('#q', 'zzzz');
    await page.waitForSelector('.empty');
    await page.fill('#q', 'alice/app:1.0');
    await page.press('#q', 'Enter');
    await page.waitForURL(/tags\/1\.0/);
    await page.waitForSelector('h1:focus');
    await page.goBack();
    await page.waitForSelector('#q');
    await tab.settled();
});

shows('by keyboard alone to the commands of a tag', {}, async (tab) => {
    const { page } = tab;
    await tab.go('');
    await page.locator('.card a', { hasText: 'alice/app' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:focus');
    await tab.settled();
    assert.match(await text(tab), new RegExp(`docker pull 127.0.0.1:${house.port}/alice/app:`));
    assert.match(await text(tab), /docker pull \S+@sha256:[0-9a-f]{64}/);
    await page.selectOption('section select', 'podman');
    assert.match(await text(tab), /podman pull/);
    await page.locator('.lines a', { hasText: '1.0' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:focus');
    assert.equal(await page.title(), 'alice/app:1.0 – Slipway');
    assert.match(await text(tab), /podman pull/, 'the client is remembered');
    await page.waitForSelector('.verb');
    const shown = await text(tab);
    assert.match(shown, /RUN apk add --no-cache ca-certificates/);
    assert.match(shown, /COPY app \/usr\/bin\/app/);
    assert.doesNotMatch(shown, /#\(nop\)|buildkit/);
    assert.match(shown, /3 layers/);
});

shows('a tag: platforms, configuration, referrers', {}, async (tab) => {
    const { page } = tab;
    await tab.go(`${APP}/tags/latest`);
    await page.selectOption('.panel select >> nth=1', 'linux/arm64');
    await page.waitForURL(/platform=linux%2Farm64/);
    await page.click('nav a:has-text("Configuration")');
    await page.waitForSelector('text=Working directory');
    assert.match(page.url(), /platform=linux%2Farm64/);
    const shown = await text(tab);
    assert.match(shown, /\/usr\/bin\/app/);
    assert.match(shown, /looks like a secret/);
    assert.equal(await page.getAttribute('a[href="https://code.test/app"]', 'rel'),
                 'nofollow ugc noopener noreferrer external');
    await page.click('nav a:has-text("Manifest")');
    await page.waitForSelector('text=linux/arm64');
    await tab.go(`${APP}/tags/1.0?view=referrers`);
    await page.click('a:has-text("application/spdx+json")');
    await page.waitForURL(/manifests\/sha256:/);
    await tab.settled();
    assert.match(await text(tab), /application\/spdx\+json/);
});

shows('100 000 tags: filter, order, scroll', {}, async (tab) => {
    const { page } = tab;
    await tab.go('repositories/alice%2Fmany/tags');
    assert.ok(tab.asked.length <= 4, tab.asked.join(' '));
    assert.match(await text(tab), /99,999 tags/);
    assert.equal(await page.locator('.rows .name').first().innerText(), '1.99999');
    assert.ok(await page.locator('.rows > li').count() < 60);
    await page.waitForSelector('.rows .digest');
    await page.keyboard.press('/');
    await page.waitForSelector('#filter:focus');
    await page.keyboard.type('1.777');
    await page.waitForSelector('text=111 of 99,999 tags');
    await page.selectOption('.filters select', 'name');
    await page.waitForFunction(() => document.querySelector('.rows .name')?.textContent === '1.777');
    await page.fill('#filter', '');
    await page.waitForFunction(() => document.querySelector('.count')?.textContent === '99,999 tags');
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 2));
    await page.waitForFunction(() => {
        const all = [...document.querySelectorAll<HTMLElement>('.rows li[aria-posinset]')];
        const shown = all.filter((row) => row.getBoundingClientRect().top > 0
            && row.getBoundingClientRect().bottom < innerHeight);
        return shown.length > 8 && shown.every((row) => row.querySelector('.digest') !== null)
            && /^1\.(49|50)\d\d\d$/.test(shown[0]!.querySelector('.name')!.textContent!);
    });
    await audit(tab);
    await page.check('input[type=checkbox]');
    await page.waitForSelector('text=100,000 tags');
    await page.fill('#filter', 'no such tag');
    await page.click('.empty button');
    await page.waitForSelector('text=100,000 tags');
});

shows('copying, with and without a clipboard', {}, async (tab) => {
    const { page, context } = tab;
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await tab.go(APP);
    await page.click('.command button >> nth=0');
    await page.waitForSelector('[role=status]:has-text("Copied")');
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^docker pull 127/);
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await page.click('.digest button >> nth=0');
    await page.waitForFunction(() => document.querySelectorAll('textarea').length === 0
        && document.querySelector('[role=status]')?.textContent === 'Copied');
});

shows('sign up, log out, log in, and back to where one was', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 4(01|04|09|22)/);
    await tab.go('signup');
    await page.fill('[name=login]', 'Bob!');
    await page.fill('[name=password]', 'short');
    await page.click('button[type=submit]');
    await page.waitForSelector('[name=login][aria-invalid=true]:focus');
    await page.fill('[name=login]', 'alice');
    await page.fill('[name=password]', 'bob-bob-bob');
    await page.click('button[type=submit]');
    await page.waitForSelector('text=This login is taken');
    await page.fill('[name=login]', 'bob');
    await page.click('button[type=submit]');
    await page.waitForSelector('.menu');
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the session');
    await page.click('.menu summary');
    await audit(tab);
    await page.click('.menu button');
    await page.waitForSelector('header >> text=Log in');
    await tab.go('repositories/mallory%2Fsecret');
    assert.match(await text(tab, 'h1'), /no such page/);
    await page.click('main a:has-text("Log in")');
    await page.waitForURL(/next=/);
    await page.fill('[name=username]', 'mallory');
    await page.fill('[name=password]', 'wrong');
    await page.press('[name=password]', 'Enter');
    await page.waitForSelector('[role=alert] >> text=Login or password is wrong');
    await page.fill('[name=password]', house.password('mallory'));
    await page.press('[name=password]', 'Enter');
    await page.waitForURL(/mallory%2Fsecret/);
    await page.waitForSelector('text=docker login');
    await tab.go('');
    await page.waitForSelector('.cards >> text=secret');
    await page.click('.menu summary');
    await page.click('.menu button');
    await page.waitForSelector('header >> text=Log in');
    await page.waitForSelector('.cards:not([aria-busy=true]) >> text=evil');
    assert.equal(await page.locator('.cards >> text=secret').count(), 0, 'what was on the screen is gone');
});

shows('an invitation stands where no log has it', {}, async (tab) => {
    await tab.go('signup?invitation=sli_logged');
    assert.equal(await tab.page.locator('[name=invitation]').count(), 0);
    await tab.go('signup?x=1#invitation=sli_0123');
    assert.equal(await tab.page.inputValue('[name=invitation]'), 'sli_0123');
});

shows('a log-in leads to no other site', {}, async (tab) => {
    for (const next of ['//evil.test', '/\\evil.test', 'https:evil.test', 'javascript:alert(1)']) {
        await tab.go(`login?next=${encodeURIComponent(next)}`);
        await tab.page.fill('[name=username]', 'alice');
        await tab.page.fill('[name=password]', house.password('alice'));
        await tab.page.click('button[type=submit]');
        await tab.page.waitForURL((url) => !url.pathname.endsWith('/login'));
        assert.equal(new URL(tab.page.url()).host, new URL(house.url).host);
    }
});

shows('errors and a lost network say what to do', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 503/, /ERR_FAILED|ERR_INTERNET/);
    let answer = 503;
    await page.route('**/api/v1/repositories?*', (route) => {
        if (answer === 503) {
            return route.fulfill({
                status: 503, headers: { 'Retry-After': '1' }, contentType: 'application/problem+json',
                body: '{"code":"unavailable","title":"Try again later","status":503,"request_id":"abc"}',
            });
        }
        return answer === 0 ? route.abort() : route.continue();
    });
    await tab.go('');
    await page.waitForSelector('[role=alert] >> text=Request abc');
    await audit(tab);
    answer = 0;
    await page.click('[role=alert] button:not([disabled])');
    await page.waitForSelector('[role=alert] >> text=No connection');
    answer = 200;
    await page.click('[role=alert] button:not([disabled])');
    await page.waitForSelector('.card');
});

// --- what must not happen ----------------------------------------------------

shows('nothing that people or images say is run', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 404/);
    for (const path of ['', '?q=evil', 'repositories/mallory%2Fevil',
                        'repositories/mallory%2Fevil/tags/1',
                        'repositories/mallory%2Fevil/tags/1?view=config',
                        'repositories/mallory%2Fevil/tags/1?view=manifest',
                        'repositories/mallory%2Fevil/tags/1?view=history', 'namespaces/mallory']) {
        await tab.go(path);
        assert.doesNotMatch(await page.title(), /<script>.*<script>/);
        assert.equal(await page.locator('main script, main iframe, main img, main style').count(), 0, path);
        const links = await page.locator('main a').evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).href));
        for (const link of links) {
            assert.match(link, /^https?:/, path);
        }
    }
    for (const vector of VECTORS) {
        await tab.go(`?q=${encodeURIComponent(vector)}`);
        await tab.go(`repositories/${encodeURIComponent(vector)}`);
        await tab.go(`repositories/mallory%2Fevil/tags/1?platform=${encodeURIComponent(vector)}&view=${encodeURIComponent(vector)}`);
    }
});

test('what is pushed does not run on the origin of the pages', async () => {
    const token = await house.token('mallory', 'repository:mallory/evil:pull,push');
    const tab = await open(browser, house.url);
    const kinds = ['text/html', 'image/svg+xml', 'application/javascript'];
    const bodies = [`<script>${MARK}</script>`,
                    `<svg xmlns="http://www.w3.org/2000/svg"><script>${MARK}</script></svg>`, MARK];
    await tab.context.route('**/v2/**', (route) => route.continue({
        headers: { ...route.request().headers(), authorization: `Bearer ${token}` },
    }));
    tab.expected.push(/Refused to execute script|blocked/i, /ERR_ABORTED/, /MIME type/);
    for (const [i, body] of bodies.entries()) {
        const blob = await house.blob(token, 'mallory/evil', Buffer.from(body), kinds[i]!);
        const path = `v2/mallory/evil/blobs/${blob.digest}`;
        const answer = await fetch(house.url + path, { headers: { Authorization: `Bearer ${token}` } });
        assert.equal(answer.headers.get('X-Content-Type-Options'), 'nosniff');
        assert.match(answer.headers.get('Content-Security-Policy') ?? '', /sandbox/);
        await tab.page.goto(path).catch(() => undefined); // may be a download
        await tab.go('');
        await tab.page.evaluate((src) => new Promise<void>((done) => {
            const script = document.createElement('script');
            script.onload = script.onerror = () => done();
            try {
                script.src = src; // refused by Trusted Types
            } catch {
                done();
            }
            document.head.append(script);
            setTimeout(done, 500);
        }), `/${path}`);
        assert.equal(await tab.page.evaluate(() => (window as { marked?: unknown }).marked), undefined, kinds[i]);
    }
    tab.expected.push(/TrustedScriptURL/);
    await tab.close();
});

test('headers of the pages, and what is missing is 404', async () => {
    const first = await fetch(house.url);
    const html = await first.text();
    const asset = /assets\/[\w.-]+\.js/.exec(html)![0];
    const script = await fetch(house.url + asset);
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options', 'referrer-policy',
                        'cross-origin-resource-policy', 'permissions-policy']) {
        assert.ok(first.headers.get(name), name);
        assert.equal(first.headers.get(name), script.headers.get(name), name);
    }
    const policy = first.headers.get('content-security-policy')!;
    assert.doesNotMatch(policy, /unsafe|data:|\*/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /trusted-types 'none'/);
    assert.equal(first.headers.get('cache-control'), 'no-cache');
    assert.match(script.headers.get('cache-control')!, /immutable/);
    assert.equal(script.headers.get('content-encoding'), 'gzip');
    assert.doesNotMatch(html, /__BASE__|__REGISTRY__|__THEME__|theme\/|<script>|<style|style=/);
    assert.equal((await fetch(`${house.url}assets/none.js`)).status, 404);
    const above = await fetch(`${house.url}repositories/..%2f..%2f..%2fetc/passwd`);
    assert.doesNotMatch(await above.text(), /root:/);
});

test('the first page has at most 40 KiB, all pages 150 KiB', async () => {
    const tab = await open(browser, house.url);
    const loaded = new Set<string>();
    tab.page.on('response', (response) => loaded.add(new URL(response.url()).pathname));
    await tab.go('');
    await tab.close();
    const directory = join(BUILD, 'web/assets');
    const weight = (name: string): number => statSync(join(directory, name)).size;
    const first = [...loaded].filter((path) => /^\/assets\/.*\.(js|css)$/.test(path))
        .reduce((sum, path) => sum + weight(`${path.slice('/assets/'.length)}.gz`), 0);
    assert.ok(first > 5000 && first <= 40 * 1024, `${first} bytes`);
    const html = readFileSync(join(BUILD, 'web/index.html'), 'utf8');
    const seen = new Set<string>();
    const follow = (source: string): void => {
        for (const [name] of source.matchAll(/[\w-]+-[\w-]{8}\.(?:js|css)/g)) {
            if (!seen.has(name) && readdirSync(directory).includes(name)) {
                seen.add(name);
                follow(readFileSync(join(directory, name), 'utf8'));
            }
        }
    };
    follow(html);
    const all = [...seen].reduce((sum, name) => sum + weight(`${name}.gz`), 0);
    assert.ok(seen.size > 5 && all > first && all <= 150 * 1024, `${all} bytes`);
    console.log(`first page ${first} bytes, all ${all} bytes`);
});

/** An nginx of its own before the house's API, with these locations. */
function proxy(name: string, port: number, locations: string): ChildProcess {
    const directory = join(house.state, name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'nginx.conf'), `
        daemon off; pid ${directory}/pid; error_log ${directory}/error.log; worker_processes 1;
        ${process.getuid?.() === 0 ? 'user root;' : ''}
        events {}
        http {
            access_log off;
            ${['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map((one) =>
        `${one}_temp_path ${directory}/${one};`).join('\n')}
            server {
                listen 127.0.0.1:${port};
                location /api/ { proxy_pass http://127.0.0.1:${house.port}; }
                ${locations}
            }
        }`);
    return spawn('/usr/sbin/nginx', ['-p', directory, '-c', join(directory, 'nginx.conf'),
                                       '-e', join(directory, 'error.log')]);
}

/** Locations of docs/web.md, from one line to another. */
function documented(from: string, to: string): string {
    const docs = readFileSync(join(TOP, 'docs/web.md'), 'utf8');
    const begin = docs.indexOf(from);
    const end = docs.indexOf(to, begin);
    assert.ok(begin >= 0 && end > begin, `${from} in docs/web.md`);
    return docs.slice(begin, end + to.length)
        .replaceAll('/usr/share/slipway/web', join(BUILD, 'web'))
        .replace(/include +web_(\w+)/g, `include ${TOP}/conf/web_$1`);
}

test('below another path', async () => {
    const port = await freePort();
    const shown = documented('location ^~ /ui/ {', 'return 308 /ui/;\n    }');
    const nginx = proxy('proxy', port, shown);
    try {
        const url = `http://127.0.0.1:${port}/ui/`;
        await until('nginx', () => fetch(url).then((answer) => answer.ok, () => false));
        assert.equal((await fetch(`http://127.0.0.1:${port}/ui`, { redirect: 'manual' })).headers.get('location'),
                     `http://127.0.0.1:${port}/ui/`);
        assert.equal((await fetch(`${url}assets/none.js`)).status, 404);
        const tab = await open(browser, url);
        await tab.go(`${APP}/tags/1.0`);
        assert.match(await text(tab), /apk add/);
        await tab.page.click('nav.crumbs a:has-text("Explore")');
        await tab.page.waitForSelector('.card');
        assert.equal(new URL(tab.page.url()).pathname, '/ui/');
        assert.match(await text(tab), /alice\/app/);
        await tab.close();
    } finally {
        nginx.kill();
    }
});

/** What moved after it was drawn. */
const shifted = (tab: Tab): Promise<string[]> => tab.page.evaluate(() => new Promise<string[]>((done) => {
    const moved: string[] = [];
    type Shift = PerformanceEntry & { sources: { node: Element | null }[] };
    new PerformanceObserver((seen) => {
        for (const { sources } of seen.getEntries() as Shift[]) {
            moved.push(...sources.map(({ node }) => `${node?.nodeName}: ${node?.textContent?.slice(0, 30)}`));
        }
    }).observe({ type: 'layout-shift', buffered: true });
    // what is buffered comes in a task of its own
    setTimeout(() => done(moved), 300);
}));

test('the theme of an operator, with what is refused of it', async () => {
    const port = await freePort();
    const theme = join(house.state, 'operators-theme');
    const requests: string[] = [];
    mkdirSync(theme);
    const nginx = proxy('themed', port, documented('location / {', '    }')
        + documented('location = /index.html {', 'include web_theme_files;\n    }')
            .replaceAll('/etc/slipway/theme', theme)
        + `location ^~ /assets/ { root ${join(BUILD, 'web')}; include ${TOP}/conf/web_assets; }`);
    const url = `http://127.0.0.1:${port}/`;
    const put = (name: string, of: string): void => writeFileSync(join(theme, name), of);
    const visit = async (): Promise<Tab> => {
        const tab = await open(browser, url);
        requests.length = 0;
        tab.page.on('request', (request) => requests.push(new URL(request.url()).pathname));
        await tab.go('');
        return tab;
    };
    const themed = (): string[] => requests.filter((path) => path.startsWith('/theme/')).sort();
    try {
        await until('nginx', () => fetch(url).then((answer) => answer.ok, () => false));
        let tab = await visit();
        assert.deepEqual(themed(), []);
        assert.match(await tab.page.title(), /Slipway$/);
        assert.deepEqual(await shifted(tab), []);
        await tab.close();
        const kept = await fetch(url);

        put('theme.css', ':root { --accent: rgb(1, 2, 3); } .top { background: url(https://evil.test/x); }');
        put('logo.svg', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10" onload="parent.${MARK}">`
            + `<script>parent.${MARK}</script><image href="https://evil.test/x"/><rect width="40" height="10"/></svg>`);
        put('theme.json', JSON.stringify({
            name: '</title><b>Harbour', logo: { file: 'logo.svg', width: 40, height: 10 },
            footer: { en: `<img src=x onerror="${MARK}">`, 'zh-CN': '我们的' },
            links: [{ text: 'Imprint', href: 'theme/imprint.html' }, { text: 'Evil', href: `javascript:${MARK}` },
                    { text: VECTORS[1], href: 'https://legal.test/' }],
        }));
        put('imprint.html', `<title>Imprint</title><p>Us</p><script>${MARK}</script>`);
        // a browser that has the page from before gets the theme
        for (const [name, of] of [['If-None-Match', 'etag'], ['If-Modified-Since', 'last-modified']] as const) {
            const again = await fetch(url, { headers: { [name]: kept.headers.get(of) ?? '"x"' } });
            assert.match(await again.text(), /theme\/theme\.json/, name);
        }
        tab = await visit();
        // the style of another host is refused, and the wrong link is said
        tab.expected.push(/evil\.test/, /theme\.json, ignored: links\[1\]/);
        await tab.page.waitForFunction(() => [...document.images].every((image) => image.complete));
        assert.deepEqual(themed(), ['/theme/logo.svg', '/theme/theme.css', '/theme/theme.json']);
        assert.ok(tab.asked.length <= 3, String(tab.asked));
        assert.match(await tab.page.title(), /<\/title><b>Harbour$/);
        assert.equal(await tab.page.locator('.brand bdi').textContent(), '</title><b>Harbour');
        assert.deepEqual(await tab.page.locator('.brand img').evaluate((image) => [
            (image as HTMLImageElement).naturalWidth > 0, Math.round(image.clientWidth / image.clientHeight)]), [true, 4]);
        assert.equal(await tab.page.evaluate(() =>
            getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()), 'rgb(1, 2, 3)');
        const foot = tab.page.locator('footer .bar').first();
        assert.equal(await foot.locator('p').textContent(), `<img src=x onerror="${MARK}">`);
        assert.deepEqual(await foot.locator('a').evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href)),
                         [`${url}theme/imprint.html`, 'https://legal.test/']);
        const moved = await shifted(tab);
        assert.deepEqual(moved, [], 'the theme moved what was drawn');
        await audit(tab);
        await tab.page.selectOption('footer select', 'zh-CN');
        await foot.locator('p:has-text("我们的")').waitFor();
        tab.expected.push(/sandbox|Blocked script/);
        await foot.locator('a').first().click();
        await tab.page.waitForFunction(() => document.title === 'Imprint');
        await tab.close();

        put('theme.json', '{');
        tab = await visit();
        tab.expected.push(/evil\.test/, /theme\.json, ignored/);
        assert.match(await tab.page.title(), /Slipway$/);
        assert.equal(await tab.page.locator('.brand svg').count(), 1);
        await tab.close();
        const file = await fetch(`${url}theme/logo.svg`);
        assert.equal(file.headers.get('content-type'), 'image/svg+xml; charset=utf-8');
        assert.match(file.headers.get('content-security-policy')!, /^sandbox; default-src 'none'/);
        assert.equal(file.headers.get('cache-control'), 'no-cache');
        assert.equal((await fetch(`${url}theme/none.svg`)).status, 404);
    } finally {
        nginx.kill();
    }
});
