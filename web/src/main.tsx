// main.tsx: where the pages begin.

import { render } from 'preact';

import { sessionLoad } from './api/client';
import { languageFor, languageSet } from './lib/i18n';
import { routeStart } from './lib/route';
import { setting } from './lib/setting';
import { brandLoad } from './lib/site';
import { themeStart } from './lib/theme';
import './styles.css';
import { App } from './ui/app';

async function start(): Promise<void> {
    const kept = setting('language');
    themeStart();
    routeStart();
    // who calls is shown when it is known; what failed, the page says
    sessionLoad().catch(() => undefined);
    // before anything is drawn, so that nothing moves
    const branded = brandLoad();
    try {
        await languageSet(languageFor([...(kept !== null ? [kept] : []), ...navigator.languages]));
    } catch {
        // English then
    }
    await branded;
    const root = document.getElementById('app');
    if (root !== null) {
        render(<App />, root);
    }
}

// After an upgrade the chunks of the page that is open may be gone: once, the
// page is loaded again.
addEventListener('vite:preloadError', (event) => {
    if (sessionStorage.getItem('slipway.reloaded') === null) {
        sessionStorage.setItem('slipway.reloaded', '1');
        event.preventDefault();
        location.reload();
    }
});

void start();
