// admin.test.ts: webhooks with a real receiver, moderation, and the pages of
// administrators.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { audit, launch, logIn, open, type How, type Tab } from './browser';
import { House, until } from './house';

const house = new House();
let browser: Browser;

const MARK = 'window.marked=1';
const VECTORS = [
    `"><img src=x onerror="${MARK}">`,
    `</title><script>${MARK}</script>`,
    `<svg onload="${MARK}"><math><mtext></form><style>`,
    `javascript:${MARK}//`,
];
const APP = 'hooker/app';
const SETTINGS = 'repositories/hooker%2Fapp/settings';
const HOOKS = `${SETTINGS}/webhooks`;

/** A receiver on loopback; answer says what it answers. */
class Receiver {
    came: { headers: IncomingHttpHeaders; body: string }[] = [];
    answer: { status: number; headers?: Record<string, string>; body?: string } = { status: 204 };
    private server: Server = createServer((request, response) => {
        let body = '';
        request.on('data', (part) => {
            body += String(part);
        });
        request.on('end', () => {
            this.came.push({ headers: request.headers, body });
            response.writeHead(this.answer.status, this.answer.headers);
            response.end(this.answer.body);
        });
    });

    async start(): Promise<void> {
        await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
    }

    async stop(): Promise<void> {
        await new Promise((done) => this.server.close(done));
    }
}

const receiver = new Receiver();

async function seed(): Promise<void> {
    await house.account('hooker', { display_name: VECTORS[0] });
    await house.account('talker', { display_name: VECTORS[1] });
    await house.account('reader');
    await house.account('spammer');
    await house.image('hooker', APP, '1.0');
    await house.known('hooker', APP, '1.0');
    await house.describe('hooker', APP, { visibility: 'public' });
    for (const text of [`Spam: ${VECTORS[0]}`, 'A good comment']) {
        await house.api('talker', 'POST', '/repositories/hooker%2Fapp/comments', { text });
    }
    const { items } = await house.api<{ items: { id: number; text: string }[] }>(
        'reader', 'GET', '/repositories/hooker%2Fapp/comments');
    await house.api('reader', 'POST', `/repositories/hooker%2Fapp/comments/${items.find(
        (one) => one.text.startsWith('Spam'))!.id}/reports`, { reason: `It is spam ${VECTORS[2]}` });
    await house.api('admin', 'POST', '/sign-up-invitations', { note: VECTORS[0] });
    await house.api('admin', 'POST', '/registries', {
        name: 'far', kind: 'mirror', endpoint: 'far.example', patterns: ['library/*'],
    });
}

before(async () => {
    [browser] = await Promise.all([launch(), house.start(), receiver.start()]);
    await seed();
}, { timeout: 120_000 });

after(async () => {
    await browser?.close();
    await receiver.stop();
    house.stop();
});

/** A test with a tab of its own, whose faults are the test's. */
function shows(name: string, how: How, body: (tab: Tab) => Promise<void>): void {
    test(name, async () => {
        const tab = await open(browser, house.url, how);
        try {
            await body(tab);
        } catch (error) {
            console.log(tab.page.url(), await tab.page.locator('main').innerText().catch(() => ''));
            await tab.context.close();
            throw error;
        }
        await tab.close();
    });
}

const text = (tab: Tab, selector = 'main'): Promise<string> => tab.page.locator(selector).innerText();

/** Presses Tab until the focus is on what a selector names; the mouse stays away. */
async function reach(tab: Tab, selector: string): Promise<void> {
    for (let n = 0; n < 150; n++) {
        if (await tab.page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) {
            return;
        }
        await tab.page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${selector}`);
}

async function press(tab: Tab, selector: string, key = 'Enter'): Promise<void> {
    await reach(tab, selector);
    await tab.page.keyboard.press(key);
}

/** Refreshes what a page shows until it says something. */
async function says(tab: Tab, what: RegExp, selector = 'main'): Promise<void> {
    await until(`${selector} says ${what}`, async () => {
        if (what.test(await text(tab, selector))) {
            return true;
        }
        await tab.page.click('button:has-text("Refresh")');
        await tab.settled();
        return what.test(await text(tab, selector));
    });
}

interface Hook { id: number; state: string; failures: number }

const hookOf = (url: string): Promise<Hook> => house.api<Hook>(
    'hooker', 'GET', `/repositories/hooker%2Fapp/webhooks/${/webhooks\/(\d+)/.exec(url)![1]!}`);

// --- webhooks ----------------------------------------------------------------

shows('a webhook: made, delivered, broken, understood, repaired', {}, async (tab) => {
    receiver.came = [];
    receiver.answer = { status: 204 };
    await logIn(tab, 'hooker', house.password('hooker'));
    await tab.go(HOOKS);
    assert.match(await text(tab), /There are no webhooks yet/);
    await tab.page.click('a:has-text("New webhook")');
    await tab.settled();
    await tab.page.click('button:has-text("Create the webhook")');
    assert.match(await text(tab, '.field.wrong'), /begins with https/);
    await tab.page.fill('input[name=url]', receiver.url);
    await tab.page.fill('input[name=tag_pattern]', 'v*');
    await tab.page.click('button:has-text("Create the webhook")');
    await tab.page.waitForSelector('.secret');
    const secret = await tab.page.inputValue('.secret input');
    assert.match(secret, /^whsec_/);
    await tab.page.click('button:has-text("I have stored it")');
    await tab.page.waitForSelector('h2:has-text("Deliveries")');
    await tab.settled();
    assert.ok(!(await tab.page.content()).includes(secret), 'the secret stays in the page');
    assert.match(await text(tab), /not used yet/);
    const at = tab.page.url();

    await house.image('hooker', APP, 'other');
    await house.image('hooker', APP, 'v1');
    await says(tab, /accepted[^]*204 in/);
    assert.equal(receiver.came.length, 1, 'the pattern leaves a tag out');
    assert.equal((JSON.parse(receiver.came[0]!.body) as { tag: string }).tag, 'v1');
    await says(tab, /healthy/, '.title >> nth=1');

    receiver.answer = { status: 500, headers: { 'X-Evil': VECTORS[0]! },
                        body: `<html><script>${MARK}</script>${VECTORS.join('')}the database is gone</html>` };
    await house.image('hooker', APP, 'v2', { seed: '2' });
    await says(tab, /failing[^]*The receiver answered 500/);
    assert.match(await text(tab, '.failure'), /a fault of its own/);
    await tab.page.click('tbody tr:first-child a');
    await tab.page.waitForSelector('.attempt');
    await tab.settled();
    const shown = await text(tab);
    assert.match(shown, /the database is gone/);
    assert.ok(shown.includes(VECTORS[0]!), 'the answer is shown as it came');
    assert.match(shown, /webhook-signature/i);
    assert.match(shown, /"tag": "v2"/);
    await audit(tab);

    receiver.answer = { status: 200, body: 'thanks' };
    await tab.page.click('button:has-text("Send again")');
    await says(tab, /The receiver accepted it/);
    await tab.page.goto(at);
    await tab.settled();
    await says(tab, /healthy/);
    assert.equal((await hookOf(at)).failures, 0);
});

shows('a webhook with the keyboard alone, on a phone', { width: 360 }, async (tab) => {
    receiver.answer = { status: 302, headers: { Location: 'http://127.0.0.1:1/' } };
    await logIn(tab, 'hooker', house.password('hooker'));
    await tab.go(`${HOOKS}/new`);
    await reach(tab, 'input[name=url]');
    await tab.page.keyboard.type(receiver.url);
    await press(tab, 'input[name="on.star"]', 'Space');
    await press(tab, 'button.primary');
    await tab.page.waitForSelector('.secret');
    await press(tab, '.secret .actions button');
    await tab.page.waitForSelector('h2:has-text("Deliveries")');
    await tab.settled();
    await press(tab, 'section[aria-label="Send a test"] button');
    await tab.page.waitForSelector('.attempt');
    await tab.settled();
    assert.match(await text(tab, '.attempt'), /Redirects are not followed/);
    await audit(tab);

    receiver.answer = { status: 200 };
    await press(tab, 'a.button[href$="/edit"]');
    await tab.page.waitForSelector('.dangerous');
    await tab.settled();
    await press(tab, 'input[name=tag_pattern]', 'x');
    await press(tab, 'button.primary');
    await tab.page.waitForSelector('h2:has-text("Deliveries")');
    await tab.settled();
    assert.match(await text(tab, '.pairs'), /push, star[^]*x/);

    await press(tab, 'a.button[href$="/edit"]');
    await tab.page.waitForSelector('.dangerous');
    await tab.settled();
    await press(tab, 'form[aria-label="Another secret"] button');
    await tab.page.waitForSelector('.secret');
    assert.match(await tab.page.inputValue('.secret input'), /^whsec_/);
    await reach(tab, 'input[name=confirmation]');
    await tab.page.keyboard.type(new URL(receiver.url).host);
    await press(tab, 'button.danger');
    await tab.page.waitForSelector('h2:has-text("Webhooks")');
});

shows('a webhook that was switched off, and what its list says', {}, async (tab) => {
    receiver.answer = { status: 410 };
    const hook = await house.api<Hook>('hooker', 'POST', '/namespaces/hooker/webhooks', {
        url: receiver.url, events: ['push'], tag_pattern: 'gone',
    });
    await house.image('hooker', APP, 'gone', { seed: 'gone' });
    await until('410', async () => !(await house.api<{ is_enabled: boolean }>(
        'hooker', 'GET', `/namespaces/hooker/webhooks/${hook.id}`)).is_enabled);
    await logIn(tab, 'hooker', house.password('hooker'));
    await tab.go('namespaces/hooker/settings/webhooks');
    assert.match(await text(tab, 'table'), /off[^]*410/);
    await tab.page.click('tbody a');
    await tab.page.waitForSelector('.failure');
    await tab.settled();
    assert.match(await text(tab, '.failure'), /switched off[^]*Change/);
    receiver.answer = { status: 200 };
    await tab.page.click('button:has-text("Switch it on")');
    await tab.page.waitForSelector('button:has-text("Send all failed")');
    await tab.settled();
    await tab.page.click('button:has-text("Send all failed ones again")');
    await says(tab, /accepted/, 'table');
});

// --- moderation --------------------------------------------------------------

shows('a reported comment is hidden, and restored with the keyboard', { width: 360 }, async (tab) => {
    const comments = async (): Promise<string> => JSON.stringify(
        await house.api('reader', 'GET', '/repositories/hooker%2Fapp/comments'));
    await logIn(tab, 'hooker', house.password('hooker'));
    await tab.go(`${SETTINGS}/comments`);
    assert.ok((await text(tab)).includes(`It is spam ${VECTORS[2]}`));
    await audit(tab);
    await tab.page.locator('.card', { hasText: 'It is spam' }).getByRole('button', { name: /^Hide/ }).click();
    await until('no report', async () => /No comment is reported/.test(await text(tab)));
    assert.doesNotMatch(await comments(), /Spam/);
    await press(tab, 'button[aria-label^="Restore"]');
    await until('the comment', async () => /Spam/.test(await comments()));
});

// --- administrators ----------------------------------------------------------

shows('an account is found, disabled and refused', {}, async (tab) => {
    await logIn(tab, 'admin', house.password('admin'));
    await tab.page.click('.menu summary');
    await tab.page.click('.menu a:has-text("Administration")');
    await tab.settled();
    await tab.page.fill('#accounts', 'spam');
    await until('one account', async () => (await tab.page.locator('tbody tr').count()) === 1);
    await tab.page.click('tbody a:has-text("spammer")');
    await tab.page.waitForSelector('h2:has-text("spammer")');
    await tab.settled();
    await tab.page.click('button:has-text("Disable")');
    await tab.page.waitForSelector('.badge:has-text("disabled")');
    await assert.rejects(house.api('spammer', 'GET', '/account'), /401/);
    await tab.page.click('button:has-text("Enable")');
    await tab.page.waitForSelector('button:has-text("Disable")');
    await house.api('spammer', 'GET', '/account');
});

shows('an account is disabled and deleted with the keyboard alone', { width: 360 }, async (tab) => {
    await house.account('gone-soon');
    await logIn(tab, 'admin', house.password('admin'));
    await tab.go('admin/accounts/gone-soon');
    await press(tab, 'button.danger');
    await tab.page.waitForSelector('.badge:has-text("disabled")');
    await assert.rejects(house.api('gone-soon', 'GET', '/account'), /401/);
    await audit(tab);
    await reach(tab, 'input[name=confirmation]');
    await tab.page.keyboard.type('gone-soon');
    await press(tab, '.dangerous button.danger');
    await tab.page.waitForSelector('#accounts');
    await assert.rejects(house.api('admin', 'GET', '/accounts/gone-soon'), /404/);
});

shows('the audit log: filters in the address, and an export', {}, async (tab) => {
    await logIn(tab, 'admin', house.password('admin'));
    await tab.go('admin/audit');
    await tab.page.fill('input[name=actor]', 'talker');
    await tab.page.selectOption('select[name=action]', 'comment.create');
    await press(tab, 'button.primary');
    await until('filtered', async () => tab.page.url().includes('actor=talker')
        && (await tab.page.locator('tbody tr').count()) === 2);
    await tab.settled();
    const [download] = await Promise.all([
        tab.page.waitForEvent('download'), tab.page.getByRole('button', { name: /^Export/ }).press('Enter'),
    ]);
    assert.equal(download.suggestedFilename(), 'audit.jsonl');
    const events = readFileSync(await download.path(), 'utf8').trim().split('\n')
        .map((line) => JSON.parse(line) as { actor: string; action: string });
    assert.deepEqual(events.map(({ actor, action }) => [actor, action]),
                     [['talker', 'comment.create'], ['talker', 'comment.create']]);
    await tab.page.fill('input[name=until]', '2001-01-01T00:00');
    await tab.page.click('button.primary');
    await tab.page.waitForSelector('.empty');
});

shows('an invitation is made, and fills in the sign-up', {}, async (tab) => {
    await logIn(tab, 'admin', house.password('admin'));
    await tab.go('admin/invitations');
    await tab.page.fill('input[name=note]', 'for Carol');
    await tab.page.click('button.primary');
    await tab.page.waitForSelector('.secret');
    const link = await text(tab, '.secret pre');
    assert.match(link, /\/signup#invitation=sli_/);
    await tab.page.click('button:has-text("I have stored it")');
    await tab.page.waitForSelector('tr:has-text("for Carol")');
    await tab.page.locator('tr', { hasText: 'for Carol' }).getByRole('button').click();
    await until('taken back', async () => !/for Carol/.test(await text(tab, 'table')));
});

shows('storage by namespace', {}, async (tab) => {
    await logIn(tab, 'admin', house.password('admin'));
    await tab.go('admin/namespaces');
    await tab.page.click('nav a:has-text("Storage")');
    await tab.settled();
    assert.match(await text(tab, 'tr:has-text("hooker")'), /hooker\s+[\d.]+ (bytes|kB)\s+1\s+\d+\s+\d+/);
    assert.match(await text(tab, 'p[role=status]'), /\d+ namespaces, largest first: [\d.]+ (bytes|kB|MB)/);
});

shows('registries of the map, and webhooks that fail', {}, async (tab) => {
    receiver.answer = { status: 503, body: VECTORS[0]! };
    await house.api('hooker', 'POST', '/repositories/hooker%2Fapp/webhooks', {
        url: `${receiver.url}?secret=swordfish`, events: ['push'], tag_pattern: 'bad',
    });
    await house.image('hooker', APP, 'bad', { seed: 'bad' });
    await until('a failure', async () => (await house.api<{ items: { repository: string }[] }>(
        'admin', 'GET', '/failing-webhooks')).items.some((one) => one.repository === APP));
    await logIn(tab, 'admin', house.password('admin'));
    await tab.go('admin/failing');
    assert.match(await text(tab, 'table'), /hooker\/app[^]*503 in/);
    assert.doesNotMatch(await tab.page.content(), /swordfish/);
    await tab.go('admin/registries');
    assert.match(await text(tab, 'table'), /far\.example[^]*not checked/);
    await tab.page.click('button[aria-label="Change far"]');
    await tab.page.waitForSelector('h2:has-text("Change far")');
    await tab.page.fill('input[name=weight]', '7');
    await tab.page.click('form[aria-label] button.primary');
    await until('saved', async () => (await house.api<{ weight: number }>('admin', 'GET', '/registries/far')).weight === 7);
});

shows('others get a page that says so, and no link', {}, async (tab) => {
    await logIn(tab, 'hooker', house.password('hooker'));
    await tab.page.click('.menu summary');
    assert.doesNotMatch(await text(tab, '.menu'), /Administration/);
    for (const path of ['admin', 'admin/audit', 'admin/webhooks', 'admin/accounts/admin']) {
        await tab.go(path);
        assert.match(await text(tab), /These pages are for administrators/);
        assert.deepEqual(tab.asked.filter((one) => !one.endsWith('/session')), [], 'nothing is asked in vain');
    }
    await audit(tab);
});

const PAGES: [path: string, login: string][] = [
    [HOOKS, 'hooker'], [`${HOOKS}/new`, 'hooker'], [`${SETTINGS}/comments`, 'hooker'],
    ...['', '/accounts/hooker', '/invitations', '/namespaces', '/storage', '/registries', '/webhooks', '/webhooks/new', '/failing',
        '/reports', '/audit'].map((path): [string, string] => [`admin${path}`, 'admin']),
];

for (const how of [{ scheme: 'dark', locale: 'zh-CN' }, { width: 360 }, { width: 360, scheme: 'dark' }] as How[]) {
    shows(`every page: axe, three requests at most (${how.scheme ?? 'light'}, ${how.width ?? 1280} px)`, how, async (tab) => {
        let who = '';
        for (const [path, login] of PAGES) {
            if (who !== login) {
                await tab.context.clearCookies();
                await logIn(tab, login, house.password(login));
                who = login;
            }
            await tab.go(path);
            const asked = tab.asked.filter((one) => !one.endsWith('/session'));
            assert.ok(asked.length <= 3, `${path}: ${asked.join(' ')}`);
            assert.doesNotMatch(await tab.page.title(), /^ –/, path);
            await audit(tab);
        }
        if (how.locale === 'zh-CN') {
            assert.match(await text(tab), /审计日志/);
        }
    });
}
