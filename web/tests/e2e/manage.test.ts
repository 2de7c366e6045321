// manage.test.ts: the pages of those who manage repositories and namespaces.
// Each journey is gone twice: with a mouse on a desk, and by keyboard alone on
// a screen of 360 pixels, in the other theme.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Locator } from 'playwright-core';

import { audit, launch, logIn, open, type How, type Tab } from './browser';
import { House, until } from './house';

const house = new House();
let browser: Browser;

const EVIL = '"><img src=x onerror="window.marked=1"></title><script>window.marked=1</script>';

before(async () => {
    [browser] = await Promise.all([launch(), house.start()]);
    await Promise.all(['manager', 'helper', 'other'].map((login) => house.account(login)));
    await house.image('manager', 'manager/app', '1');
    await house.known('manager', 'manager/app', '1');
    await house.api('manager', 'POST', '/namespaces', { name: 'works' });
}, { timeout: 120_000 });

after(async () => {
    await browser?.close();
    house.stop();
});

// --- hands -------------------------------------------------------------------

/** How a person uses a page. */
interface Hand {
    press: (selector: string) => Promise<void>;
    fill: (selector: string, text: string) => Promise<void>;
    choose: (selector: string, value: string) => Promise<void>;
    /** One of a group of radio buttons, or a switch, which turns. */
    check: (name: string, value?: string) => Promise<void>;
}

function mouse({ page }: Tab): Hand {
    return {
        press: (selector) => page.click(`main ${selector}`),
        fill: (selector, text) => page.fill(`main ${selector}`, text),
        choose: async (selector, value) => void await page.selectOption(`main ${selector}`, value),
        check: (name, value) => page.click(value === undefined ? `[name=${name}]` : `[name=${name}][value=${value}]`),
    };
}

const TABS_MAX = 200;

function keyboard({ page }: Tab): Hand {
    const isFocused = (one: Locator): Promise<boolean> => one.evaluate((element) => element === document.activeElement);
    const tabTo = async (one: Locator): Promise<void> => {
        await one.waitFor({ state: 'visible' });
        for (let i = 0; i < TABS_MAX && !await isFocused(one); i++) {
            await page.keyboard.press('Tab');
        }
        assert.ok(await isFocused(one), `no way by Tab to ${one}`);
        const seen = await one.evaluate((element) => {
            const { top, bottom } = element.getBoundingClientRect();
            return top < innerHeight && bottom > 0;
        });
        assert.ok(seen, `${one} has the focus where it cannot be seen`);
    };
    return {
        press: async (selector) => {
            await tabTo(page.locator(`main ${selector}`).first());
            await page.keyboard.press('Enter');
        },
        fill: async (selector, text) => {
            await tabTo(page.locator(`main ${selector}`).first());
            await page.keyboard.press('Control+A');
            await page.keyboard.press('Delete');
            await page.keyboard.insertText(text);
        },
        choose: async (selector, value) => {
            const one = page.locator(`main ${selector}`).first();
            await tabTo(one);
            await page.keyboard.press('Home');
            for (let i = 0; i < 20 && await one.inputValue() !== value; i++) {
                await page.keyboard.press('ArrowDown');
            }
            assert.equal(await one.inputValue(), value);
        },
        check: async (name, value) => {
            if (value === undefined) {
                await tabTo(page.locator(`[name=${name}]`));
                await page.keyboard.press('Space');
                return;
            }
            await tabTo(page.locator(`[name=${name}]:checked`));
            for (let i = 0; i < 10 && !await page.locator(`[name=${name}][value=${value}]`).isChecked(); i++) {
                await page.keyboard.press('ArrowDown');
            }
            assert.ok(await page.locator(`[name=${name}][value=${value}]`).isChecked());
        },
    };
}

type Journey = (tab: Tab, hand: Hand, n: number) => Promise<void>;

/** A page of its own, whose faults are the test's. */
async function shown(how: How, body: (tab: Tab) => Promise<void>): Promise<void> {
    const tab = await open(browser, house.url, how);
    try {
        await body(tab);
    } catch (error) {
        console.log(tab.page.url(), await tab.page.locator('body').innerText().catch(() => 'no page'));
        await tab.context.close();
        throw error;
    }
    await tab.close();
}

const WAYS: [name: string, how: How, hand: (tab: Tab) => Hand][] = [
    ['mouse', { width: 1280, scheme: 'light' }, mouse],
    ['keyboard, 360 px', { width: 360, scheme: 'dark' }, keyboard],
];

function journey(name: string, body: Journey): void {
    WAYS.forEach(([way, how, hand], n) => {
        test(`${name}: ${way}`, () => shown(how, async (tab) => {
            await logIn(tab, 'manager', house.password('manager'));
            await body(tab, hand(tab), n);
        }));
    });
}

const text = (tab: Tab, selector = 'main'): Promise<string> => tab.page.locator(selector).innerText();
const APP = 'repositories/manager%2Fapp';
const SAVED = '.good:has-text("Saved")';

/** What a visitor without an account is shown. */
const anonymous = (path: string, body: (tab: Tab) => Promise<void>): Promise<void> => shown({}, async (tab) => {
    tab.expected.push(/status of 40[14]/);
    await tab.go(path);
    await body(tab);
});

/** Whether an account may push an image now. */
const pushes = (login: string, name: string, tag: string): Promise<boolean> =>
    house.image(login, name, tag, { seed: `${login} ${tag} ${Date.now()}` }).then(() => true, () => false);

// --- repositories ------------------------------------------------------------

journey('a description with markup is text wherever it is shown', async (tab, hand, n) => {
    const { page } = tab;
    await tab.go(APP);
    await hand.press('nav a:has-text("Settings")');
    await page.waitForSelector('h1:focus');
    await tab.settled();
    await hand.fill('[name=description]', `${EVIL} ${n}`);
    await hand.fill('[name=page]', `# Of app ${n}\n\n**bold** ${EVIL} [link](javascript:window.marked=1)`);
    await hand.press('button:has-text("Preview")');
    await page.waitForSelector('.preview strong:has-text("bold")');
    assert.equal(await page.locator('.preview a').count(), 0, 'a link that runs a script has no target');
    await hand.fill('[name=topics]', 'Web, tools');
    await hand.press('form:has([name=topics]) button[type=submit]');
    await page.waitForSelector('[name=topics][aria-invalid=true]:focus');
    await audit(tab);
    await hand.fill('[name=topics]', `web tools n${n}`);
    await hand.fill('[name=links]', 'https://code.test/app');
    await hand.press('form:has([name=topics]) button[type=submit]');
    await page.waitForSelector(SAVED);
    await tab.go(APP);
    assert.match(await text(tab), /<script>window\.marked=1/);
    assert.match(await text(tab), new RegExp(`Of app ${n}`));
    assert.match(await text(tab), new RegExp(`tools\\s*n${n}`));
});

journey('two people edit at once: the second keeps what was typed', async (tab, hand, n) => {
    const { page, expected } = tab;
    expected.push(/status of 412/);
    await tab.go(`${APP}/settings`);
    await house.describe('manager', 'manager/app', { description: `theirs ${n}` });
    await hand.fill('[name=description]', `mine ${n}`);
    await hand.press('form:has([name=topics]) button[type=submit]');
    await page.waitForSelector('[role=alert]:has-text("Another person changed this")');
    assert.equal(await page.inputValue('main [name=description]'), `mine ${n}`);
    await audit(tab);
    await hand.press('[role=alert] button');
    await page.waitForSelector(`.meanwhile :focus`);
    assert.match(await text(tab, '.meanwhile'), new RegExp(`Short description\\s+theirs ${n}`));
    assert.equal(await page.inputValue('main [name=description]'), `mine ${n}`);
    await audit(tab);
    await hand.press('form:has([name=topics]) button[type=submit]');
    await page.waitForSelector(SAVED);
    assert.equal(await page.locator('.meanwhile').count(), 0);
    const { description } = await house.api<{ description: string }>('manager', 'GET', '/repositories/manager%2Fapp');
    assert.equal(description, `mine ${n}`);
});

journey('public, and private again: who is not known sees no such page', async (tab, hand) => {
    const { page } = tab;
    await tab.go(`${APP}/settings`);
    await hand.check('visibility', 'public');
    await page.waitForSelector('.warning:has-text("Everyone will be able to pull")');
    await audit(tab);
    await hand.press('button:has-text("Change the visibility")');
    await page.waitForSelector(SAVED);
    await page.waitForSelector('.title .badge:has-text("public")');
    await anonymous(APP, async (other) => assert.equal(await text(other, 'h1'), 'manager/app'));
    await hand.check('visibility', 'private');
    assert.equal(await page.locator('.warning').count(), 0);
    await hand.press('button:has-text("Change the visibility")');
    await page.waitForSelector('.title .badge:has-text("private")');
    await anonymous(APP, async (other) => assert.match(await text(other, 'h1'), /no such page/));
});

interface Offer {
    id: number;
    repository: string | null;
    namespace: string;
}

/** The invited account accepts what it is offered in a namespace. */
async function accept(login: string, namespace: string): Promise<void> {
    const { items } = await house.api<{ items: Offer[] }>(login, 'GET', '/invitations');
    const offer = items.find((one) => one.namespace === namespace);
    assert.ok(offer, `${login} has an invitation to ${namespace}`);
    await house.api(login, 'POST', `/invitations/${offer.id}/acceptance`);
}

journey('a collaborator may push, and without the role may not', async (tab, hand, n) => {
    const { page, expected } = tab;
    expected.push(/status of 40[49]/);
    await tab.go(`${APP}/settings/access`);
    await hand.fill('[name=login]', 'noone-at-all');
    await hand.press('button:has-text("Give the role")');
    await page.waitForSelector('[name=login][aria-invalid=true]:focus');
    await hand.fill('[name=login]', 'helper');
    await hand.choose('[name=role]', 'write');
    await hand.press('button:has-text("Give the role")');
    await page.waitForSelector('text=helper has been invited');
    assert.equal(await pushes('helper', 'manager/app', `before${n}`), false, 'an invitation grants nothing');
    await tab.go(`${APP}/settings/invitations`);
    assert.match(await text(tab, 'table'), /helper[^]*write/);
    await audit(tab);
    await accept('helper', 'manager');
    assert.equal(await pushes('helper', 'manager/app', `with${n}`), true);
    await tab.go(`${APP}/settings/access`);
    await hand.choose('select[aria-label="Role of helper"]', 'read');
    await hand.press('button[aria-label="Save the role of helper"]');
    await until('the role is changed', async () => !await pushes('helper', 'manager/app', `reads${n}`));
    await shown({}, async (other) => {
        await logIn(other, 'helper', house.password('helper'));
        await other.go(APP);
        assert.equal(await other.page.locator('nav a:has-text("Settings")').count(), 0);
        await other.go(`${APP}/settings`);
        assert.match(await text(other), /You may not change these settings[^]*Your role here is read/);
        assert.equal(await other.page.locator('form [name=description]').count(), 0);
        await audit(other);
    });
    await hand.press('button[aria-label="Remove helper"]');
    await page.waitForSelector('text=No one else has a role here');
    assert.equal(await pushes('helper', 'manager/app', `after${n}`), false);
});

journey('a repository goes when its name is typed', async (tab, hand, n) => {
    const { page } = tab;
    const name = `manager/old${n}`;
    await house.image('manager', name, '1');
    await house.known('manager', name, '1');
    await tab.go(`repositories/${encodeURIComponent(name)}/settings/delete`);
    assert.match(await text(tab), /It is marked[^]*The registry deletes/);
    await hand.fill('[name=confirmation]', 'manager/app');
    await hand.press('button.danger');
    await page.waitForSelector('[name=confirmation][aria-invalid=true]:focus');
    await audit(tab);
    await hand.fill('[name=confirmation]', name);
    tab.expected.push(/status of 404/);
    await hand.press('button.danger');
    await page.waitForSelector('.steps .good');
    await page.waitForSelector(`h2:has-text("${name} is deleted")`);
    assert.equal(await page.locator('.steps .good').count(), 2);
    await audit(tab);
    await assert.rejects(house.api('manager', 'GET', `/repositories/${encodeURIComponent(name)}`));
});

// --- namespaces --------------------------------------------------------------

journey('an organization: a member, a team, and its role on names', async (tab, hand, n) => {
    const { page, expected } = tab;
    expected.push(/status of 40[49]/);
    const team = `crew${n}`;
    await tab.go('namespaces/works');
    await hand.press('a:has-text("Settings")');
    await page.waitForSelector('h1:focus');
    await tab.settled();
    await hand.choose('[name=base_role]', 'none');
    await hand.press('form button[type=submit]');
    await page.waitForSelector(SAVED);
    await hand.press('nav a:has-text("Members")');
    await page.waitForSelector('h1:focus');
    await hand.fill('[name=login]', 'helper');
    await hand.press('button:has-text("Send the invitation")');
    await page.waitForSelector('text=helper has been invited');
    await accept('helper', 'works');
    await hand.press('nav a:has-text("Teams")');
    await page.waitForSelector('[name=name]');
    await hand.fill('[name=name]', team);
    await hand.press('button:has-text("Make a team")');
    await page.waitForURL(/teams\/crew/);
    await page.waitForSelector('[name=login]');
    await hand.fill('[name=login]', 'other');
    await hand.press('button:has-text("Add a member")');
    await page.waitForSelector('[name=login][aria-invalid=true]:focus');
    await hand.fill('[name=login]', 'helper');
    await hand.press('button:has-text("Add a member")');
    await page.waitForSelector('table >> text=helper');
    await audit(tab);
    assert.equal(await pushes('helper', `works/site${n}`, '1'), false);
    await hand.press('a:has-text("Roles of the team")');
    await page.waitForSelector('text=Only roles of');
    await hand.check('kind', 'team');
    await hand.fill('[name=name]', team);
    await hand.fill('[name=pattern]', `site${n}*`);
    await hand.choose('[name=role]', 'write');
    await hand.press('button:has-text("Give the role")');
    await page.waitForSelector(`table >> text=site${n}*`);
    await audit(tab);
    assert.equal(await pushes('helper', `works/site${n}`, '1'), true);
    assert.equal(await pushes('helper', `works/else${n}`, '1'), false);
    await tab.go(`namespaces/works/settings/teams/${team}`);
    await hand.fill('[name=confirmation]', team);
    await hand.press('button:has-text("Delete the team")');
    await page.waitForURL(/teams$/);
    assert.equal(await pushes('helper', `works/site${n}`, '2'), false);
    await tab.go('namespaces/works/settings/members');
    await hand.press('button[aria-label="Remove helper"]');
    await hand.press('button.danger[aria-label="Remove helper"]');
    await page.waitForFunction(() => !document.querySelector('table')?.textContent?.includes('helper'));
});

journey('a robot: its secret once, disabled, another secret, gone', async (tab, hand, n) => {
    const { page } = tab;
    const robot = `ci${n}`;
    await tab.go('namespaces/works/settings/robots');
    await hand.fill('[name=name]', robot);
    await hand.fill('[name=description]', EVIL);
    await hand.choose('[name=role]', 'write');
    await hand.fill('[name=repositories]', `built${n}/*`);
    await hand.press('form button[type=submit]');
    await page.waitForSelector('.secret h2:focus');
    await audit(tab);
    assert.match(await text(tab, '.secret'), new RegExp(`docker login -u works\\+${robot} --password-stdin 127`));
    house.know(`works+${robot}`, await page.inputValue('.secret input'));
    assert.equal(await pushes(`works+${robot}`, `works/built${n}/app`, '1'), true);
    assert.equal(await pushes(`works+${robot}`, `works/app${n}`, '1'), false);
    await hand.press('button:has-text("I have stored it")');
    assert.equal(await page.locator('.secret').count(), 0);
    await tab.go(`namespaces/works/settings/robots/${robot}`);
    assert.doesNotMatch(await page.content(), /slr_[0-9A-Za-z]{30}/, 'the secret is shown once');
    await hand.check('is_disabled');
    await hand.press('form:has([name=is_disabled]) button[type=submit]');
    await page.waitForSelector(SAVED);
    assert.equal(await pushes(`works+${robot}`, `works/built${n}/app`, '2'), false);
    await hand.check('is_disabled');
    await hand.press('form:has([name=is_disabled]) button[type=submit]');
    await page.waitForSelector('dd:has-text("enabled")');
    await hand.choose('[name=grace]', '0');
    await hand.press('button:has-text("New secret")');
    await page.waitForSelector('.secret h2:focus');
    assert.equal(await pushes(`works+${robot}`, `works/built${n}/app`, '3'), false, 'the old one is of no use');
    house.know(`works+${robot}`, await page.inputValue('.secret input'));
    assert.equal(await pushes(`works+${robot}`, `works/built${n}/app`, '3'), true);
    await audit(tab);
    await hand.fill('[name=confirmation]', `works+${robot}`);
    await hand.press('button:has-text("Delete the robot")');
    await page.waitForURL(/robots$/);
    await tab.settled();
    assert.doesNotMatch(await text(tab), new RegExp(`works\\+${robot}`));
});

journey('an organization without repositories goes when its name is typed', async (tab, hand, n) => {
    const { page, expected } = tab;
    expected.push(/status of 40[49]/);
    await house.api('manager', 'POST', '/namespaces', { name: `brief${n}` });
    await tab.go(`namespaces/brief${n}/settings/delete`);
    await hand.fill('[name=confirmation]', 'works');
    await hand.press('button.danger');
    await page.waitForSelector('[name=confirmation][aria-invalid=true]:focus');
    await hand.fill('[name=confirmation]', `brief${n}`);
    await hand.press('button.danger');
    await page.waitForURL(house.url);
    await tab.go(`namespaces/brief${n}`);
    assert.match(await text(tab, 'h1'), /no such page/);
});

test('space by repository, the largest first', () => shown({}, async (tab) => {
    await house.account('keeper');
    await house.image('keeper', 'keeper/small', '1');
    await house.image('keeper', 'keeper/large', '1', {
        steps: Array.from({ length: 5 }, (_, i) => ({ created_by: `RUN ${i}` })),
    });
    await house.known('keeper', 'keeper/small', '1');
    await house.known('keeper', 'keeper/large', '1');
    await logIn(tab, 'keeper', house.password('keeper'));
    await tab.go('namespaces/keeper/settings/space');
    assert.match(await text(tab, 'table'), /keeper\/large[^]*keeper\/small/);
    assert.match(await text(tab), /2 repositories/);
    await audit(tab);
}));

// --- all of them -------------------------------------------------------------

const PAGES: [path: string, title: string][] = [
    [`${APP}/settings`, 'manager/app – Settings – General – Slipway'],
    [`${APP}/settings/access`, 'manager/app – Settings – Access – Slipway'],
    [`${APP}/settings/invitations`, 'manager/app – Settings – Invitations – Slipway'],
    [`${APP}/settings/robots`, 'manager/app – Settings – Robots – Slipway'],
    [`${APP}/settings/delete`, 'manager/app – Settings – Delete – Slipway'],
    ['namespaces/works/settings', 'works – Settings – General – Slipway'],
    ['namespaces/works/settings/members', 'works – Settings – Members – Slipway'],
    ['namespaces/works/settings/teams', 'works – Settings – Teams – Slipway'],
    ['namespaces/works/settings/access', 'works – Settings – Access – Slipway'],
    ['namespaces/works/settings/invitations', 'works – Settings – Invitations – Slipway'],
    ['namespaces/works/settings/robots', 'works – Settings – Robots – Slipway'],
    ['namespaces/works/settings/space', 'works – Settings – Space – Slipway'],
    ['namespaces/works/settings/delete', 'works – Settings – Delete – Slipway'],
];

for (const [locale, scheme, width] of [['en-US', 'light', 1280], ['en-US', 'dark', 360], ['zh-CN', 'light', 360]] as const) {
    test(`settings: ${locale}, ${scheme}, ${width} px`, () => shown({ locale, scheme, width }, async (tab) => {
        await logIn(tab, 'manager', house.password('manager'));
        for (const [path, title] of PAGES) {
            await tab.go(path);
            assert.ok(tab.asked.length <= 3, `${path}: ${tab.asked.join(' ')}`);
            assert.equal(await tab.page.locator('h1').count(), 1, path);
            if (locale === 'en-US') {
                assert.equal(await tab.page.title(), title);
            } else {
                // all but names and what a program reads is in the reader's language
                assert.match(await tab.page.title(), /– 设置 –/);
                assert.doesNotMatch((await text(tab, 'nav.tabs >> nth=-1')).replace('Webhook', ''), /[a-z]{3}/);
            }
            await audit(tab);
        }
    }));
}
