// site.ts: what nginx said of this installation when it served the page, and
// what the operator says in theme.json.

import { brandOf, PLACE, type Brand } from './brand';

const MILLISECONDS_MAX = 3000;

const said = (name: string): string => {
    const found = document.querySelector<HTMLMetaElement>(`meta[name="slipway-${name}"]`);
    return found?.content ?? '';
};

const registry = said('registry');

/** The origin of a registry on another host, with a slash; "/" for this one. */
function contentOf(text: string): string {
    try {
        const { protocol, origin } = new URL(text);
        return protocol === 'https:' || protocol === 'http:' ? `${origin}/` : '/';
    } catch {
        return '/';
    }
}

export const site = {
    /** The registry's public name, for commands. */
    registry: registry === '' || registry.startsWith('__') ? location.host : registry,
    /** What /v2/ of the registry stands behind. */
    content: contentOf(said('content')),
};

export const brand: Brand = { name: 'Slipway', logo: null, footer: null, links: [] };

/** Reads theme.json where there is one, and says in the console what is wrong in it; the pages are as they were if it cannot be read. */
export async function brandLoad(): Promise<void> {
    if (said('theme') !== 'yes') {
        return;
    }
    try {
        const answer = await fetch(`${PLACE}theme.json`, { signal: AbortSignal.timeout(MILLISECONDS_MAX) });
        const { found, wrong } = brandOf(answer.ok ? await answer.text() : '', document.baseURI);
        Object.assign(brand, found);
        if (wrong.length > 0) {
            console.warn(`theme.json, ignored: ${wrong.join(', ').slice(0, 1000)}`);
        }
    } catch {
        console.warn('theme.json could not be read');
    }
}
