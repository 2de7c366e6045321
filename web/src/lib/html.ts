// html.ts: the HTML of descriptions and comments, which slipway-index writes,
// as elements.  Nothing is ever given to the browser's parser: this one knows
// the tags and attributes of markdown.h and no others; the rest is text.

export interface Element {
    tag: string;
    attributes: Record<string, string>;
    children: Node[];
}
export type Node = string | Element;

const VOID = new Set(['br', 'hr', 'img', 'input']);
const TAGS = new Set([
    'p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'ul', 'ol', 'li', 'hr', 'pre', 'code',
    'table', 'thead', 'tbody', 'tr', 'th', 'td', 'em', 'strong', 'del', 'a', 'img', 'br', 'input',
]);
const ENTITIES: Record<string, string> = {
    amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'",
};

/** What an attribute may be, by its name; a link's address is checked apart. */
const ATTRIBUTES: Record<string, RegExp> = {
    href: /^/,
    src: /^https:\/\//i,
    alt: /^/,
    title: /^/,
    id: /^user-content-[\w-]*$/,
    start: /^\d{1,9}$/,
    align: /^(left|center|right)$/,
    class: /^language-[\w+#.-]{1,20}$/,
    checked: /^/,
};

const DEPTH_MAX = 80;

export function decode(text: string): string {
    return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function attributesOf(text: string): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [, name, value] of text.matchAll(/ ([a-z]+)(?:="([^"<>]*)")?/g)) {
        const decoded = decode(value ?? '');
        if (name !== undefined && Object.hasOwn(ATTRIBUTES, name) && ATTRIBUTES[name]!.test(decoded)) {
            found[name] = decoded;
        }
    }
    return found;
}

const TOKEN = /<(\/?)([a-z][a-z0-9]*)((?: [a-z]+(?:="[^"<>]*")?)*) ?\/?>/g;

/** The nodes of a page.  A tag that is not known, or not closed, is text. */
export function parse(html: string): Node[] {
    const root: Element = { tag: '', attributes: {}, children: [] };
    const open: Element[] = [root];
    let at = 0;
    const put = (node: Node): void => {
        if (node !== '') {
            open[open.length - 1]!.children.push(node);
        }
    };
    for (const match of html.matchAll(TOKEN)) {
        const [whole, slash, tag, attributes] = match;
        put(decode(html.slice(at, match.index)));
        at = match.index + whole.length;
        if (tag === undefined || !TAGS.has(tag) || (slash === '' && open.length > DEPTH_MAX)) {
            put(whole);
        } else if (slash === '/') {
            if (open.length > 1 && open[open.length - 1]!.tag === tag) {
                open.pop();
            } else {
                put(whole);
            }
        } else {
            const element = { tag, attributes: attributesOf(attributes ?? ''), children: [] };
            put(element);
            if (!VOID.has(tag)) {
                open.push(element);
            }
        }
    }
    put(decode(html.slice(at)));
    return root.children;
}

/**
 * Where a link of a page leads: an address of the web, one of mail, or an
 * anchor of the page; null: nowhere.  Relative ones have no page here.
 */
export function linkTarget(href: string | undefined): { href: string; is_anchor: boolean } | null {
    if (href === undefined || /[\u0000-\u0020\u007f\\]/.test(href)) {
        return null;
    }
    if (/^#user-content-[\w-]+$/.test(href)) {
        return { href, is_anchor: true };
    }
    if (!/^(https?:\/\/|mailto:)/i.test(href)) {
        return null;
    }
    try {
        const url = new URL(href);
        const is_good = ['http:', 'https:', 'mailto:'].includes(url.protocol)
            && url.username === '' && url.password === '';
        return is_good ? { href: url.href, is_anchor: false } : null;
    } catch {
        return null;
    }
}
