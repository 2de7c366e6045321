// profile.ts: what may be said of a repository, as docs/openapi.json has it.

import type { Key } from './i18n';

const DESCRIPTION_MAX = 255;
const PAGE_MAX = 64 * 1024;
const TOPICS_MAX = 20;
const LINKS_MAX = 10;
const LINK_MAX = 255;

/** Words of a field, between spaces or commas. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,，、]+/).filter((word) => word !== ''))];

/** Lines of a field; empty ones are none. */
export const linesOf = (text: string): string[] =>
    [...new Set(text.split('\n').map((line) => line.trim()).filter((line) => line !== ''))];

const isTopic = (word: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(word);
const isLink = (line: string): boolean => /^https?:\/\/[!-~]+$/.test(line) && line.length <= LINK_MAX;

/** What is wrong with a field, as a key of messages; null: nothing. */
export function fault(name: 'description' | 'page' | 'topics' | 'links', text: string): Key | null {
    switch (name) {
    case 'description':
        return [...text.trim()].length <= DESCRIPTION_MAX ? null : 'settings.description.long';
    case 'page':
        return new TextEncoder().encode(text).length <= PAGE_MAX ? null : 'settings.page.long';
    case 'topics': {
        const words = wordsOf(text);
        return words.length <= TOPICS_MAX && words.every(isTopic) ? null : 'settings.topics.wrong';
    }
    case 'links': {
        const lines = linesOf(text);
        return lines.length <= LINKS_MAX && lines.every(isLink) ? null : 'settings.links.wrong';
    }
    }
}
