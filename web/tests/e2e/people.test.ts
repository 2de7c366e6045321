// people.test.ts: what people do with their own account and their own things.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { audit, launch, logIn, open, type How, type Tab } from './browser';
import { House } from './house';

const house = new House();
let browser: Browser;

const NAME = 'مريم 👩‍🚀 "><img src=x onerror=window.marked=1>';
const PHONE = { width: 360, scheme: 'dark' } as const;

before(async () => {
    [browser] = await Promise.all([launch(), house.start()]);
    for (const login of ['paula', 'pavel', 'pilar', 'petra', 'piet']) {
        await house.account(login);
    }
    await house.image('paula', 'paula/tool', '1');
    await house.image('piet', 'piet/left', '1');
    await house.known('paula', 'paula/tool', '1');
    await house.known('piet', 'piet/left', '1');
    await house.describe('paula', 'paula/tool', { visibility: 'public', description: 'أداة 🛠️ tool' });
    await house.api('paula', 'POST', '/namespaces', { name: 'pilots', description: 'Those who fly' });
    await house.api('paula', 'POST', '/namespaces/pilots/invitations', { login: 'pavel', role: 'member' });
    await house.api('paula', 'POST', '/namespaces/pilots/invitations', { login: 'pilar', role: 'owner' });
}, { timeout: 120_000 });

after(async () => {
    await browser?.close();
    house.stop();
});

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

const text = (tab: Tab, selector = 'main'): Promise<string> => tab.page.locator(selector).innerText();

/** Tab to the first element of a selector, as a keyboard does it. */
async function tabTo(page: Page, selector: string): Promise<void> {
    for (let presses = 0; presses < 120; presses++) {
        await page.keyboard.press('Tab');
        const is_there = await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
        if (is_there) {
            return;
        }
    }
    assert.fail(`the keyboard does not get to ${selector}`);
}

const OWN: [path: string, title: string, chinese: RegExp][] = [
    ['account', 'Profile – Account – Slipway', /显示名称/],
    ['account/tokens', 'Access tokens – Account – Slipway', /新建访问令牌/],
    ['account/sessions', 'Sessions – Account – Slipway', /浏览器/],
    ['account/password', 'Password – Account – Slipway', /当前密码/],
    ['account/delete', 'Delete account – Account – Slipway', /删除此账号/],
    ['home', 'Repositories – My things – Slipway', /可见性/],
    ['home/organizations', 'Organizations – My things – Slipway', /邀请/],
    ['home/activity', 'Activity – My things – Slipway', /推送/],
    ['home/new', 'New repository – Slipway', /新建仓库/],
    ['organizations/new', 'New organization – Slipway', /新建组织/],
    ['stars', 'Stars – My things – Slipway', /收藏/],
    ['follows', 'Following – My things – Slipway', /关注/],
];

for (const [scheme, width] of [['light', 1280], ['dark', 360], ['light', 320]] as const) {
    shows(`own pages: titles, three requests, axe: ${scheme}, ${width} px`, { scheme, width }, async (tab) => {
        await logIn(tab, 'paula', house.password('paula'));
        for (const [path, title] of OWN) {
            await tab.go(path);
            assert.equal(await tab.page.title(), title);
            assert.ok(tab.asked.length <= 3, `${path}: ${tab.asked.join(' ')}`);
            assert.equal(await tab.page.locator('h1').count(), 1, path);
            await audit(tab);
        }
    });
}

shows('own pages in Chinese', { locale: 'zh-CN' }, async (tab) => {
    await logIn(tab, 'paula', house.password('paula'));
    for (const [path, , words] of OWN) {
        await tab.go(path);
        assert.match(await text(tab), words, path);
    }
});

shows('own pages want a log-in, and return', {}, async (tab) => {
    const { page } = tab;
    await tab.go('account/tokens');
    await page.click('main a:has-text("Log in")');
    await page.fill('[name=username]', 'paula');
    await page.fill('[name=password]', house.password('paula'));
    await page.press('[name=password]', 'Enter');
    await page.waitForURL(/account\/tokens$/);
    await page.waitForSelector('text=New access token');
});

/** What docker login does with a token: 200 where it is good. */
async function tokenStatus(login: string, secret: string): Promise<number> {
    const query = new URLSearchParams({ service: 'slipway', scope: `repository:${login}/tool:pull`, account: login });
    const answer = await fetch(`${house.url}token?${query}`, {
        headers: { Authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}` },
    });
    return answer.status;
}

for (const how of [{}, PHONE]) {
    const login = how === PHONE ? 'paul-phone' : 'paul';
    shows(`sign up, a token, docker login, revoke: ${how === PHONE ? 'by keyboard at 360 px' : 'wide'}`, how, async (tab) => {
        const { page, context } = tab;
        await context.grantPermissions(['clipboard-read', 'clipboard-write']);
        await tab.go('signup');
        await tabTo(page, '[name=login]');
        await page.keyboard.type(login);
        await tabTo(page, '[name=password]');
        await page.keyboard.type(`${login}-${login}`);
        await page.keyboard.press('Enter');
        await page.waitForSelector('.menu');
        await tab.settled();
        await page.focus('.skip');
        await tabTo(page, '.menu summary');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.waitForURL(/account$/);
        await page.waitForSelector('h1:focus');
        await tabTo(page, '.tabs a[href$="account/tokens"]');
        await page.keyboard.press('Enter');
        await page.waitForSelector('text=You have no access tokens yet');
        await tabTo(page, 'main form button[type=submit]');
        await page.keyboard.press('Enter');
        await page.waitForSelector('[name=name][aria-invalid=true]:focus');
        await page.keyboard.type('laptop 💻');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.secret');
        await audit(tab);
        const secret = await page.inputValue('.secret input');
        assert.match(secret, /^slp_/);
        assert.match(await text(tab, '.secret'), new RegExp(`docker login -u ${login} --password-stdin 127`));
        await tabTo(page, '.secret button[aria-label^="Copy token"]');
        await page.keyboard.press('Enter');
        await page.waitForSelector('[role=status]:has-text("Copied")');
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
        assert.equal(await tokenStatus(login, secret), 200);
        const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
        assert.doesNotMatch(kept, /slp_/);
        await tabTo(page, '.secret .actions button');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.secret', { state: 'detached' });
        assert.match(await text(tab), /laptop/);
        assert.equal((await page.content()).includes(secret), false, 'it is shown once');
        await page.reload();
        await tab.settled();
        // another secret: the one before is refused at once
        await page.click('button:has-text("Rotate")');
        await page.selectOption('[name=grace]', '0');
        await page.click('.panel button[type=submit]:has-text("Rotate")');
        await page.waitForSelector('.secret');
        const other = await page.inputValue('.secret input');
        assert.notEqual(other, secret);
        assert.deepEqual([await tokenStatus(login, secret), await tokenStatus(login, other)], [401, 200]);
        await page.click('.secret .actions button');
        await page.waitForSelector('.secret', { state: 'detached' });
        await tab.settled();
        await page.focus('button[aria-label^="Revoke"]');
        await page.keyboard.press('Enter');
        await page.waitForSelector('dialog[open]');
        await audit(tab);
        await page.keyboard.press('Escape');
        await page.waitForSelector('dialog', { state: 'detached' });
        await page.waitForSelector('button[aria-label^="Revoke"]:focus');
        await page.keyboard.press('Enter');
        await tabTo(page, 'dialog button:not(.danger)');
        await page.keyboard.press('Enter');
        await page.waitForSelector('dialog', { state: 'detached' });
        await page.waitForSelector('button[aria-label^="Revoke"]:focus');
        await page.keyboard.press('Enter');
        await tabTo(page, 'dialog .danger');
        await page.keyboard.press('Enter');
        await page.waitForSelector('text=You have no access tokens yet');
        assert.equal(await tokenStatus(login, other), 401);
    });
}

shows('the profile, and a change by another between', PHONE, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 4(03|12)/);
    await logIn(tab, 'petra', house.password('petra'));
    await tab.go('account');
    await page.fill('[name=display_name]', NAME);
    await page.press('[name=display_name]', 'Enter');
    await page.waitForSelector('.good');
    await page.waitForFunction((name) => document.querySelector('.person .strong')?.textContent === name, NAME);
    await audit(tab);
    await house.api('petra', 'PATCH', '/account', { display_name: 'Petra' }, { 'If-Match': '*' });
    await page.fill('[name=display_name]', 'Third');
    await page.press('[name=display_name]', 'Enter');
    await page.waitForSelector('[role=alert] >> text=Another person changed this');
    await page.click('[role=alert] button');
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[name=display_name]')?.value === 'Petra');
    // the address wants the password where it was last shown long ago
    house.sql("UPDATE session SET confirmed_at = confirmed_at - 3600");
    await page.fill('[name=email]', 'petra@example.test');
    await page.press('[name=email]', 'Enter');
    await page.waitForSelector('dialog[open] >> text=Confirm that it is you');
    await audit(tab);
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    expected.push(/status of 422/);
    await page.waitForSelector('dialog >> text=The password is wrong');
    await page.keyboard.type(house.password('petra'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForSelector('[name=email]:focus');
    await page.waitForSelector('.good');
    assert.equal((await house.api<{ email: string }>('petra', 'GET', '/account')).email, 'petra@example.test');
});

shows('another password ends the other sessions', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 4(01|04|22)/);
    const other = await open(browser, house.url);
    other.expected.push(/status of 401/);
    await logIn(other, 'pilar', house.password('pilar'));
    await logIn(tab, 'pilar', house.password('pilar'));
    await tab.go('account/sessions');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2);
    assert.match(await text(tab), /Chrome – Linux/);
    assert.match(await text(tab), /this one/);
    await tab.go('account/password');
    await page.fill('[name=current_password]', 'wrong-wrong');
    await page.fill('[name=new_password]', 'pilar-and-more');
    await page.press('[name=new_password]', 'Enter');
    await page.waitForSelector('[name=current_password][aria-invalid=true]:focus');
    await page.fill('[name=current_password]', house.password('pilar'));
    await page.press('[name=current_password]', 'Enter');
    await page.waitForSelector('.good');
    assert.equal(await page.inputValue('[name=new_password]'), '');
    await page.click('.tabs a:has-text("Sessions")');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    // the other one reads that, logs in, and is where it was
    await other.page.click('.menu summary');
    await other.page.click('.menu a[href$=account]');
    await other.page.waitForSelector('h1 >> text=Your session has ended');
    await other.page.click('main a:has-text("Log in")');
    await other.page.fill('[name=username]', 'pilar');
    await other.page.fill('[name=password]', 'pilar-and-more');
    await other.page.press('[name=password]', 'Enter');
    await other.page.waitForURL(/account$/);
    await other.page.waitForSelector('[name=display_name]');
    // and a session that is ended in the list ends what is open elsewhere
    await page.reload();
    await tab.settled();
    await page.click('button:has-text("End all other sessions")');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
    await other.page.fill('[name=display_name]', 'Pia');
    await other.page.press('[name=display_name]', 'Enter');
    await other.page.waitForSelector('dialog >> text=Your session has ended');
    await other.page.keyboard.type('pilar-and-more');
    await other.page.keyboard.press('Enter');
    await other.page.waitForSelector('.good');
    assert.equal(await other.page.inputValue('[name=display_name]'), 'Pia', 'nothing typed is lost');
    await other.close();
});

shows('a page that a session may see no more says so', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 40[14]/);
    await logIn(tab, 'piet', house.password('piet'));
    await tab.go('home');
    await tab.context.clearCookies();
    await page.click('main a:has-text("piet/left")');
    await page.waitForSelector('h1 >> text=Your session has ended');
    await audit(tab);
    await page.click('main a:has-text("Log in")');
    await page.fill('[name=username]', 'piet');
    await page.fill('[name=password]', house.password('piet'));
    await page.press('[name=password]', 'Enter');
    await page.waitForURL(/piet%2Fleft$/);
    await page.waitForSelector('h1 >> text=piet/left');
});

shows('the list of tags names its values at 360 px', PHONE, async (tab) => {
    await tab.go('repositories/paula%2Ftool/tags');
    await tab.page.waitForSelector('.rows .digest');
    const seen = await tab.page.evaluate(() => {
        const row = document.querySelector<HTMLElement>('.rows li[aria-posinset]')!;
        return {
            is_whole: row.scrollHeight <= row.clientHeight + 1,
            names: [...row.querySelectorAll('[data-name]')].map((one) => getComputedStyle(one, '::before').content),
        };
    });
    assert.ok(seen.is_whole, 'a row has room for what it shows');
    for (const name of ['Digest', 'Size', 'Pushed', 'Pulls']) {
        assert.ok(seen.names.includes(`"${name}" ": "`) || seen.names.includes(`"${name}: "`), `${name} in ${seen.names.join()}`);
    }
    await audit(tab);
});

shows('sign-up while logged in changes nothing', {}, async (tab) => {
    const { page } = tab;
    await logIn(tab, 'paula', house.password('paula'));
    await tab.go('signup');
    assert.equal(await page.locator('main input').count(), 0);
    await page.waitForSelector('text=You are logged in as paula');
    await page.waitForSelector('.menu >> text=paula');
    await page.click('main button:has-text("Log out")');
    await page.waitForSelector('main [name=login]');
});

shows('sign-up is offered only where it is open', {}, async (tab) => {
    const { page } = tab;
    let policy = 'closed';
    await page.route('**/api/v1/session', async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...await answer.json(), sign_up: policy } });
    });
    await tab.go('login');
    assert.equal(await page.locator('a[href*=signup]').count(), 0);
    await tab.go('signup');
    assert.match(await text(tab), /cannot sign up here/);
    assert.equal(await page.locator('main form').count(), 0);
    policy = 'invitation';
    await tab.go('signup');
    assert.match(await text(tab), /by invitation/);
    await page.waitForSelector('[name=invitation]');
});

shows('an invitation is accepted, another declined', PHONE, async (tab) => {
    const { page } = tab;
    await logIn(tab, 'pavel', house.password('pavel'));
    await tab.go('home');
    await tabTo(page, '.notice a');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=paula invites you to be a member of pilots');
    await audit(tab);
    await tabTo(page, 'button[aria-label="Accept the invitation to pilots"]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=No invitations wait for you');
    await page.waitForSelector('.card a:has-text("pilots")');
    const second = await open(browser, house.url);
    await house.account('pille');
    await house.api('paula', 'POST', '/namespaces/pilots/invitations', { login: 'pille', role: 'write' });
    await logIn(second, 'pille', house.password('pille'));
    await second.go('home/organizations');
    assert.match(await text(second), /paula offers you the role “write” on pilots/);
    await second.page.click('button:has-text("Decline")');
    await second.page.waitForSelector('text=No invitations wait for you');
    assert.equal(await second.page.locator('.card a:has-text("pilots")').count(), 0);
    await second.close();
});

shows('an organization and a repository are made; stars and follows', {}, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 4(09|22)/);
    await logIn(tab, 'paula', house.password('paula'));
    await tab.go('home/organizations');
    await page.click('a:has-text("New organization")');
    await page.fill('[name=name]', 'Not A Name');
    await page.press('[name=name]', 'Enter');
    await page.waitForSelector('[name=name][aria-invalid=true]:focus');
    await page.fill('[name=name]', 'pilots');
    await page.press('[name=name]', 'Enter');
    await page.waitForSelector('text=This name is taken');
    await page.fill('[name=name]', 'painters');
    await page.fill('main [name=description]', 'רשת 🎨');
    await page.press('[name=name]', 'Enter');
    await page.waitForURL(/namespaces\/painters$/);
    await page.waitForSelector('h1 >> text=painters');
    await tab.go('home/new');
    await page.selectOption('[name=namespace]', 'painters');
    await page.fill('[name=name]', 'brush/fine');
    await page.check('[name=visibility][value=private]');
    await page.press('[name=name]', 'Enter');
    await page.waitForURL(/repositories\/painters%2Fbrush%2Ffine$/);
    await page.waitForSelector('text=Nothing was pushed here yet');
    await house.api('paula', 'PUT', '/repositories/paula%2Ftool/star');
    await house.api('paula', 'PUT', '/repositories/paula%2Ftool/follow');
    await tab.go('stars');
    await page.waitForSelector('td a:has-text("paula/tool")');
    await page.click('button:has-text("Remove the star")');
    await page.waitForSelector('text=You have starred no repositories yet');
    await tab.go('follows');
    await page.click('button:has-text("Stop following")');
    await page.waitForSelector('text=You follow no repositories yet');
    await tab.go('home?visibility=private');
    await page.waitForSelector('td a:has-text("painters/brush/fine")');
    assert.equal(await page.locator('td a:has-text("paula/tool")').count(), 0);
    await page.selectOption('.filters select >> nth=0', '');
    await page.waitForSelector('td a:has-text("paula/tool")');
    await tab.go('home/activity');
    assert.match(await text(tab), /paula (created|pushed)/);
});

shows('an account is deleted, and what is its is another’s', PHONE, async (tab) => {
    const { page, expected } = tab;
    expected.push(/status of 4(03|09|22)/);
    await house.account('pius');
    await house.image('pius', 'pius/thing', '1');
    await house.known('pius', 'pius/thing', '1');
    await logIn(tab, 'pius', house.password('pius'));
    await tab.go('account/delete');
    assert.match(await text(tab), /pius\/thing/);
    await tabTo(page, 'main button.danger');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[name=repositories][aria-invalid=true]:focus');
    await audit(tab);
    await page.keyboard.press('Space');
    await tabTo(page, '[name=to]');
    await page.keyboard.type('paula');
    await tabTo(page, '[name=confirmation]');
    await page.keyboard.type('piu');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[name=confirmation][aria-invalid=true]:focus');
    await page.keyboard.type('s');
    await page.keyboard.press('Enter');
    await page.waitForSelector('header >> text=Log in');
    await page.waitForSelector('[role=status]:has-text("The account is deleted")');
    assert.equal((await house.api<{ owner: string }>('paula', 'GET', '/namespaces/pius')).owner, 'paula');
});
