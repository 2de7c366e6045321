// i18n.ts: messages in the reader's language.  A language is a file of
// messages/ and a row here; what it lacks is English.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import en from '../messages/en.json';

type Plural = 'one' | 'other';
type Stem<K> = K extends `${infer S}.${Plural}` ? S : K;
export type Key = Stem<keyof typeof en>;
type Messages = Partial<Record<string, string>>;

export const languages: Record<string, { name: string; load: () => Promise<Messages> }> = {
    en: { name: 'English', load: () => Promise.resolve(en) },
    'zh-CN': {
        name: '简体中文',
        load: async () => (await import('../messages/zh-CN.json')).default,
    },
};

export const language = signal('en');
let messages: Messages = en;
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
        const english: Messages = en;
        const plural = english[`${key}.${count === 1 ? 'one' : 'other'}`];
        if (plural !== undefined) {
            return plural;
        }
    }
    return messages[key] ?? (en as Messages)[key] ?? key;
}

const shown = (value: unknown): string =>
    typeof value === 'number' ? new Intl.NumberFormat(language.value).format(value) : String(value);

/** A message; "count" chooses its plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
    return pattern(key, values['count'] ?? undefined).replace(/\{(\w+)\}/g, (slot, name: string) =>
        Object.hasOwn(values, name) ? shown(values[name]) : slot);
}

/** A message whose slots are elements. */
export function rich(key: Key, values: Record<string, ComponentChildren>): ComponentChildren[] {
    return pattern(key, values['count']).split(/(\{\w+\})/).map((part) => {
        const name = /^\{(\w+)\}$/.exec(part)?.[1];
        const value = name !== undefined && Object.hasOwn(values, name) ? values[name] : part;
        return typeof value === 'number' ? shown(value) : value;
    });
}

/** Changes the language; where its file does not come, the present one stays. */
export async function languageSet(tag: string): Promise<void> {
    const found = languages[tag];
    if (found === undefined) {
        return;
    }
    messages = await found.load();
    plurals = new Intl.PluralRules(tag);
    document.documentElement.lang = tag;
    language.value = tag;
}
