// route.ts: where the reader is, and how to get elsewhere.  Paths are relative
// to the base of the document, so that the pages work below any path.

import { signal } from '@preact/signals';

export interface Here {
    /** Segments behind the base, decoded; null: one of them is malformed. */
    segments: string[] | null;
    query: URLSearchParams;
    /** Grows with each page that is gone to; 0 is the first one. */
    visit: number;
}

/** The segments of a path behind that of the base, decoded. */
export function segmentsOf(pathname: string, base: string): string[] | null {
    if (!pathname.startsWith(base)) {
        return null;
    }
    const rest = pathname.slice(base.length).replace(/\/+$/, '');
    try {
        return rest === '' ? [] : rest.split('/').map(decodeURIComponent);
    } catch {
        return null;
    }
}

/**
 * Where a log-in may return to: an address of these pages, else the first one.
 * Whatever else a link says would be an open redirect.
 */
export function safeNext(next: string | null, base: string): string {
    if (next === null) {
        return base;
    }
    try {
        const url = new URL(next, base);
        const is_ours = url.origin === new URL(base).origin
            && url.pathname.startsWith(new URL(base).pathname)
            && url.username === '' && url.password === '';
        return is_ours ? url.href : base;
    } catch {
        return base;
    }
}

export const baseURL = (): string => document.baseURI;
export const basePath = (): string => new URL(document.baseURI).pathname;

/** The address of a page: its segments, encoded here, and its query. */
export function to(segments: readonly string[], query?: Record<string, string>): string {
    const path = basePath() + segments.map(encodeURIComponent).join('/')
        .replaceAll('%3A', ':').replaceAll('%40', '@');
    const words = new URLSearchParams(query).toString();
    return words === '' ? path : `${path}?${words}`;
}

let visits = 0;
const read = (): Here => ({
    segments: segmentsOf(location.pathname, basePath()),
    query: new URLSearchParams(location.search),
    visit: visits,
});

export const here = signal<Here>({ segments: [], query: new URLSearchParams(), visit: 0 });

/** Goes to a page; with is_replaced the address changes and the page stays. */
export function go(href: string, is_replaced = false): void {
    if (is_replaced) {
        history.replaceState(history.state, '', href);
    } else {
        keepScroll();
        history.pushState({ y: 0 }, '', href);
        visits++;
    }
    here.value = read();
    if (!is_replaced) {
        scrollTo(0, 0);
    }
}

/** Changes words of the query; an empty one goes. */
export function setQuery(words: Record<string, string>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(words)) {
        if (value === '') {
            query.delete(name);
        } else {
            query.set(name, value);
        }
    }
    const text = query.toString();
    go(location.pathname + (text === '' ? '' : `?${text}`), true);
}

function keepScroll(): void {
    history.replaceState({ y: scrollY }, '');
}

/** A click on a link that is not ours is the browser's. */
function clicked(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || event.defaultPrevented || event.button !== 0 || event.metaKey
        || event.ctrlKey || event.shiftKey || event.altKey || !link.hasAttribute('href')
        || link.target !== '' || link.hasAttribute('download')
        || link.origin !== location.origin || link.relList.contains('external')
        || !link.pathname.startsWith(basePath())) {
        return;
    }
    event.preventDefault();
    go(link.href);
}

/** Follows the address bar, Back and clicks; once, at the start. */
export function routeStart(): void {
    history.scrollRestoration = 'manual';
    here.value = read();
    addEventListener('popstate', (event) => {
        visits++;
        here.value = read();
        const y: unknown = (event.state as { y?: unknown } | null)?.y;
        requestAnimationFrame(() => requestAnimationFrame(() =>
            scrollTo(0, typeof y === 'number' ? y : 0)));
    });
    let waiting: ReturnType<typeof setTimeout> | undefined;
    addEventListener('scroll', () => {
        clearTimeout(waiting);
        waiting = setTimeout(keepScroll, 100);
    }, { passive: true });
    document.addEventListener('click', clicked);
}
