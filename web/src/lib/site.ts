// site.ts: what nginx said of this installation when it served the page.

const said = (name: string): string => {
    const found = document.querySelector<HTMLMetaElement>(`meta[name="slipway-${name}"]`);
    return found?.content ?? '';
};

const registry = said('registry');

export const site = {
    name: 'Slipway',
    /** The registry's public name, for commands. */
    registry: registry === '' || registry.startsWith('__') ? location.host : registry,
};
