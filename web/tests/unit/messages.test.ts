// messages.test.ts: every language has every message, with the same slots; and
// the colours of both themes can be read.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { languageFor } from '../../src/lib/i18n';

type Messages = Record<string, string>;
const MESSAGES = 'src/messages';
const areas = ['.', ...readdirSync(MESSAGES).filter((name) => !name.endsWith('.json'))];

/** All messages of a language; a key is in one file only. */
function messagesOf(tag: string): Messages {
    const all: Messages = {};
    for (const area of areas) {
        const name = `${MESSAGES}/${area}/${tag}.json`;
        const part = existsSync(name) ? JSON.parse(readFileSync(name, 'utf8')) as Messages : {};
        for (const [key, text] of Object.entries(part)) {
            assert.ok(!Object.hasOwn(all, key), `${key} is in two files`);
            all[key] = text;
        }
    }
    return all;
}

const english = messagesOf('en');
const chinese = messagesOf('zh-CN');
const slots = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([slot]) => slot).sort();

test('Chinese has every message', () => {
    for (const [key, text] of Object.entries(english)) {
        if (!key.endsWith('.one')) {
            assert.ok(chinese[key], `zh-CN.json lacks ${key}`);
            assert.deepEqual(slots(chinese[key]!), slots(text), key);
        }
    }
    for (const [key, text] of [...Object.entries(chinese), ...Object.entries(english)]) {
        assert.ok(english[key], `${key} is not in en.json`);
        assert.doesNotMatch(text, /<\w|您/, key);
    }
});

test('every message is used', () => {
    const source = readFileSync('node_modules/.tests/source.txt', 'utf8');
    for (const key of Object.keys(english)) {
        const is_used = [key, key.replace(/\.(one|other)$/, '')].some((name) =>
            source.includes(`'${name}'`) || source.includes(`\`${name.replace(/\.[\w-]+$/, '.')}$`));
        assert.ok(is_used, `${key} is used nowhere`);
    }
});

test('the language that a reader understands best', () => {
    assert.equal(languageFor(['zh-TW', 'en-GB']), 'en');
    assert.equal(languageFor(['fr', 'zh-SG']), 'zh-CN');
    assert.equal(languageFor(['zh', 'en']), 'zh-CN');
    assert.equal(languageFor(['de-AT', 'en-US']), 'en');
    assert.equal(languageFor(['__proto__', 'constructor']), 'en');
    assert.equal(languageFor([]), 'en');
});

const css = readFileSync('src/styles.css', 'utf8');

function colours(selector: string): Record<string, string> {
    const at = css.indexOf(selector);
    return Object.fromEntries([...css.slice(at, css.indexOf('}', at))
        .matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]));
}

function luminance(hex: string): number {
    const [r, g, b] = [1, 3, 5].map((at) => {
        const part = parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: string, other: string): number {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light! + 0.05) / (dark! + 0.05);
}

for (const [theme, selector] of [['light', ':root {'], ['dark', ':root[data-theme="dark"]']] as const) {
    test(`contrast of the ${theme} theme`, () => {
        const of = colours(selector);
        for (const back of ['page', 'surface', 'raised', 'code']) {
            for (const front of ['text', 'quiet', 'link']) {
                assert.ok(contrast(of[front]!, of[back]!) >= 4.5, `${front} on ${back}`);
            }
        }
        assert.ok(contrast(of['on-accent']!, of['accent']!) >= 4.5, 'on-accent');
        assert.ok(contrast(of['bad']!, of['bad-surface']!) >= 4.5, 'bad');
        assert.ok(contrast(of['text']!, of['mark']!) >= 4.5, 'mark');
        for (const back of ['page', 'surface']) {
            assert.ok(contrast(of['edge']!, of[back]!) >= 3, `edge on ${back}`);
            assert.ok(contrast(of['focus']!, of[back]!) >= 3, `focus on ${back}`);
        }
    });
}
