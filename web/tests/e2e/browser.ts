// browser.ts: Debian's Chromium, with pages that fail a test by what they log,
// ask of other hosts, or run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const WAIT = Number(process.env['WEB_WAIT'] ?? 60_000);

export const launch = (): Promise<Browser> => chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
});

export interface Tab {
    page: Page;
    context: BrowserContext;
    /** Paths that were asked of the API since the page was gone to. */
    asked: string[];
    /** What the page may log; any other error or warning fails the test. */
    expected: RegExp[];
    /** Goes to an address and waits for all of it. */
    go: (path: string) => Promise<void>;
    settled: () => Promise<void>;
    close: () => Promise<void>;
}

export interface How {
    width?: number;
    scheme?: 'light' | 'dark';
    locale?: string;
}

export async function open(browser: Browser, url: string, how: How = {}): Promise<Tab> {
    const context = await browser.newContext({
        baseURL: url,
        viewport: { width: how.width ?? 1280, height: 800 },
        colorScheme: how.scheme ?? 'light',
        locale: how.locale ?? 'en-US',
        timezoneId: 'UTC',
        reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(WAIT);
    const page = await context.newPage();
    const problems: string[] = [];
    const expected: RegExp[] = [];
    const asked: string[] = [];
    const { host } = new URL(url);
    page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) {
            problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
        }
    });
    page.on('pageerror', (error) => problems.push(`fault: ${error.message}`));
    page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    const pending = new Set<unknown>();
    page.on('requestfinished', (request) => pending.delete(request));
    page.on('requestfailed', (request) => pending.delete(request));
    page.on('request', (request) => {
        pending.add(request);
        const wanted = new URL(request.url());
        if (wanted.host !== host) {
            problems.push(`other host: ${request.url()}`);
        }
        if (wanted.pathname.startsWith('/api/')) {
            asked.push(wanted.pathname + wanted.search);
        }
    });
    const settled = async (): Promise<void> => {
        // twice in a row, as what has come may ask for more
        for (let quiet = 0; quiet < 2;) {
            await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null
                && document.querySelector('main h1') !== null
                && document.querySelector('.account')?.childElementCount !== 0);
            await page.evaluate(() => new Promise((done) => setTimeout(done, 40)));
            quiet = pending.size === 0 ? quiet + 1 : 0;
        }
    };
    return {
        page, context, asked, expected, settled,
        go: async (path) => {
            asked.length = 0;
            await page.goto(path);
            await settled();
        },
        close: async () => {
            const marked = await page.evaluate(() => (window as { marked?: unknown }).marked);
            await context.close();
            const left = problems.filter((problem) => !expected.some((one) => one.test(problem)));
            assert.deepEqual(left, [], 'the page logged, ran or asked for what it must not');
            assert.equal(marked, undefined, 'a script of a vector ran');
        },
    };
}

interface Axe {
    run: (where: unknown, how: unknown) => Promise<{
        violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
    }>;
}

/** axe finds nothing, and nothing is wider than the window. */
export async function audit({ page }: Tab): Promise<void> {
    await page.evaluate(AXE);
    const found = await page.evaluate(async (rules) => {
        const { axe } = window as unknown as { axe: Axe };
        const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: rules } });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3)
            .map((node) => node.html.slice(0, 200) + (node.failureSummary ?? '')).join(' | ')}`);
    }, RULES);
    assert.deepEqual(found, [], `axe at ${page.url()}`);
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth,
                                                    document.documentElement.clientWidth]);
    assert.ok(wide! <= room!, `${page.url()} is ${wide} px wide, the window ${room}`);
}

/** Logs in by the form; again where the registry asks to wait. */
export async function logIn(tab: Tab, login: string, password: string): Promise<void> {
    const { page, expected } = tab;
    expected.push(/session.*status of 503|status of 503.*session/);
    await tab.go('login');
    await page.fill('input[name=username]', login);
    for (let is_in = false; !is_in;) {
        await page.fill('input[name=password]', password);
        await page.click('button[type=submit]:not([disabled])');
        await page.waitForFunction(() => document.querySelector('.menu') !== null
            || document.querySelector('[role=alert] ~ form button:not([disabled])') !== null);
        is_in = await page.locator('.menu').count() === 1;
    }
    await tab.settled();
}
