// site.ts: what nginx said of this installation when it served the page.

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
    name: 'Slipway',
    /** The registry's public name, for commands. */
    registry: registry === '' || registry.startsWith('__') ? location.host : registry,
    /** What /v2/ of the registry stands behind. */
    content: contentOf(said('content')),
};
