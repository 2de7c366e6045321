// i18n.ts: messages in the reader's language.  messages/LANGUAGE.json has those
// of the first page; a part of the pages (AREA) has its own in
// messages/AREA/LANGUAGE.json, which come with its pages.  A language is a file
// in each place and a row here; what it lacks is English.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import en from '../messages/en.json';

type Plural = 'one' | 'other';
type Stem<K> = K extends `${infer S}.${Plural}` ? S : K;

/** The parts of the pages that have messages of their own. */
interface Parts {
    account: typeof import('../messages/account/en.json');
    activity: typeof import('../messages/activity/en.json');
    admin: typeof import('../messages/admin/en.json');
    content: typeof import('../messages/content/en.json');
    hooks: typeof import('../messages/hooks/en.json');
    reports: typeof import('../messages/reports/en.json');
    settings: typeof import('../messages/settings/en.json');
}

export type Area = keyof Parts;
type KeyOf<P> = P extends unknown ? Exclude<keyof P, 'default'> : never;
export type Key = Stem<keyof typeof en | KeyOf<Parts[Area]>>;
type Messages = Partial<Record<string, string>>;

export const languages: Record<string, { name: string; load: () => Promise<Messages> }> = {
    en: { name: 'English', load: () => Promise.resolve(en) },
    'zh-CN': {
        name: '简体中文',
        load: async () => (await import('../messages/zh-CN.json')).default,
    },
};

export const language = signal('en');
let english: Messages = en;
let messages: Messages = en;
/** What the pages that were seen need. */
const areas = new Set<Area>();
let plurals = new Intl.PluralRules('en');

/** The language of these pages that serves a reader of the wanted ones best. */
export function languageFor(wanted: readonly string[]): string {
    for (const tag of wanted) {
        if (Object.hasOwn(languages, tag)) {
            return tag;
        }
        const [base, ...rest] = tag.toLowerCase().split('-');
        const is_traditional = rest.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part));
        if (base === 'zh' && !is_traditional) {
            return 'zh-CN';
        }
        if (base !== undefined && Object.hasOwn(languages, base)) {
            return base;
        }
    }
    return 'en';
}

function pattern(key: string, count: unknown): string {
    if (typeof count === 'number') {
        const found = messages[`${key}.${plurals.select(count)}`] ?? messages[`${key}.other`];
        if (found !== undefined) {
            return found;
        }
        const plural = english[`${key}.${count === 1 ? 'one' : 'other'}`];
        if (plural !== undefined) {
            return plural;
        }
    }
    return messages[key] ?? english[key] ?? key;
}

/** A number as the reader writes it; other values as they are. */
export const shown = (value: unknown): string =>
    typeof value === 'number' ? new Intl.NumberFormat(language.value).format(value) : String(value);

/** A message; "count" chooses its plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
    return pattern(key, values['count'] ?? undefined).replace(/\{(\w+)\}/g, (slot, name: string) =>
        Object.hasOwn(values, name) ? shown(values[name]) : slot);
}

/** "a, b and c". */
export const list = (items: readonly string[]): string =>
    new Intl.ListFormat(language.value, { style: 'long', type: 'conjunction' }).format(items);

/** A message whose slots are elements. */
export function rich(key: Key, values: Record<string, ComponentChildren>): ComponentChildren[] {
    return pattern(key, values['count']).split(/(\{\w+\})/).map((part) => {
        const name = /^\{(\w+)\}$/.exec(part)?.[1];
        const value = name !== undefined && Object.hasOwn(values, name) ? values[name] : part;
        return typeof value === 'number' ? shown(value) : value;
    });
}

async function part(area: Area, tag: string): Promise<Messages> {
    const file = (await import(`../messages/${area}/${tag}.json`)) as { default: Messages };
    return file.default;
}

/** The messages of an area in a language; where it has none: English. */
const partOr = (area: Area, tag: string): Promise<Messages> =>
    part(area, tag).catch(() => ({}));

/** Loads what the pages of these areas say; fails without a connection. */
export async function messagesNeed(wanted: readonly Area[]): Promise<void> {
    const missing = wanted.filter((area) => !areas.has(area));
    const tag = language.value;
    const [ofEnglish, own] = await Promise.all([
        Promise.all(missing.map((area) => part(area, 'en'))),
        Promise.all(tag === 'en' ? [] : missing.map((area) => partOr(area, tag))),
    ]);
    missing.forEach((area) => areas.add(area));
    english = Object.assign({}, english, ...ofEnglish) as Messages;
    if (tag === language.value) {
        messages = tag === 'en' ? english : Object.assign({}, messages, ...own) as Messages;
    } else {
        await languageSet(language.value);
    }
}

/** Changes the language; where its file does not come, the present one stays. */
export async function languageSet(tag: string): Promise<void> {
    const found = languages[tag];
    if (found === undefined) {
        return;
    }
    const base = await found.load();
    const parts = tag === 'en' ? [english] : await Promise.all([...areas].map((area) => partOr(area, tag)));
    messages = Object.assign({}, base, ...parts) as Messages;
    plurals = new Intl.PluralRules(tag);
    document.documentElement.lang = tag;
    language.value = tag;
}
