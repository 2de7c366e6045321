// brand.ts: what the operator says of this installation in theme/theme.json:
// its name, logo, words and links.  What is wrong in there is left out.

import { linkTarget } from './html';
import { language } from './i18n';
import { at, dict, list, parse, type Json } from './json';

/** Where the files are, below the path of the pages. */
export const PLACE = 'theme/';
const SOURCE_MAX = 16384;
const NAME_MAX = 60;
const FOOTER_MAX = 500;
const HREF_MAX = 1000;
const LINKS_MAX = 10;
const PIXELS_MAX = 4096;

/** A text by language; of "" where it is the same in all of them. */
export type Said = Record<string, string>;

export interface Brand {
    name: string;
    logo: { src: string; width: number; height: number; has_name: boolean } | null;
    footer: Said | null;
    links: { text: Said; href: string }[];
}

export const inLanguage = (said: Said): string =>
    said[language.value] ?? said[''] ?? said['en'] ?? Object.values(said)[0] ?? '';

const isText = (value: Json, most: number): value is string =>
    typeof value === 'string' && value.trim() !== '' && value.length <= most
    && !/[\u0000-\u001f\u007f]/.test(value);

/** null: it is no text, and no object of texts by language. */
function saidOf(value: Json, most: number): Said | null {
    const entries = typeof value === 'string' ? [['', value] as const] : Object.entries(dict(value));
    const is_good = entries.length > 0 && entries.length <= 100
        && entries.every(([tag, one]) => /^[\w-]{0,20}$/.test(tag) && isText(one, most));
    return is_good ? Object.fromEntries(entries) as Said : null;
}

/** Where a link leads: http, https, mailto, or an address of this host. */
function hrefOf(value: Json, base: string): string | null {
    if (!isText(value, HREF_MAX)) {
        return null;
    }
    const target = linkTarget(value);
    if (target !== null) {
        return target.is_anchor ? null : target.href;
    }
    if (/[\u0000-\u0020\u007f\\]|^\/\/|^#|^[a-z][a-z0-9+.-]*:/i.test(value)) {
        return null;
    }
    const url = new URL(value, base);
    return url.origin === new URL(base).origin ? url.href : null;
}

const isPixels = (value: Json): value is number =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= PIXELS_MAX;

function logoOf(value: Json): Brand['logo'] {
    const [file, width, height] = ['file', 'width', 'height'].map((name) => at(value, name));
    if (typeof file !== 'string' || !/^[\w-][\w.-]{0,63}\.(svg|png|webp|jpg)$/.test(file)
        || !isPixels(width) || !isPixels(height)) {
        return null;
    }
    return { src: PLACE + file, width, height, has_name: at(value, 'has_name') === true };
}

/** What a theme.json says, and the names of what is wrong in it. */
export function brandOf(source: string, base: string): { found: Partial<Brand>; wrong: string[] } {
    const json = source.length <= SOURCE_MAX ? parse(source) : undefined;
    const found: Partial<Brand> = {};
    const wrong: string[] = [];
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        return { found, wrong: [`no JSON object of at most ${SOURCE_MAX} characters`] };
    }
    for (const [name, value] of Object.entries(json)) {
        if (name === 'name' && isText(value, NAME_MAX)) {
            found.name = value;
            continue;
        }
        const logo = name === 'logo' ? logoOf(value) : null;
        const footer = name === 'footer' ? saidOf(value, FOOTER_MAX) : null;
        if (logo !== null) {
            found.logo = logo;
        } else if (footer !== null) {
            found.footer = footer;
        } else if (name !== 'links' || !Array.isArray(value)) {
            wrong.push(name);
        }
    }
    const links = list(at(json, 'links'));
    found.links = links.slice(0, LINKS_MAX).flatMap((one, i) => {
        const text = saidOf(at(one, 'text'), NAME_MAX);
        const href = hrefOf(at(one, 'href'), base);
        if (text === null || href === null) {
            wrong.push(`links[${i}]`);
            return [];
        }
        return [{ text, href }];
    });
    if (links.length > LINKS_MAX) {
        wrong.push(`links[${LINKS_MAX}]`);
    }
    return { found, wrong };
}
