// lazy.tsx: a part of a page that comes when it is shown.

import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { Loading } from './state';

/** The component, and its load; a load that failed offers the page again. */
export function lazy<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
    let known: FunctionComponent<P> | undefined;
    return function Lazy(props: P) {
        const [is_failed, setFailed] = useState(false);
        const [, redraw] = useState(0);
        useEffect(() => {
            let is_there = true;
            if (known === undefined) {
                load().then((found) => {
                    known = found;
                    return is_there && redraw((n) => n + 1);
                }, () => is_there && setFailed(true));
            }
            return () => {
                is_there = false;
            };
        }, []);
        if (known !== undefined) {
            const Known = known;
            return <Known {...props} />;
        }
        return is_failed ? (
            <div role="alert">
                <p>{t('error.offline')}</p>
                <button type="button" onClick={() => location.reload()}>{t('reload')}</button>
            </div>
        ) : <Loading />;
    };
}
