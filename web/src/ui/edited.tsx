// edited.tsx: what another person changed while a form was open.

import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { t } from '../lib/i18n';

export interface Change {
    label: string;
    /** What it is now, as another person left it. */
    now: string;
}

/** Says what is different now; what was typed stays until the reader takes theirs. */
export function Meanwhile({ changes, take }: { changes: Change[]; take: () => void }) {
    const heading = useRef<HTMLHeadingElement>(null);
    const is_shown = changes.length > 0;
    useEffect(() => {
        if (is_shown) {
            heading.current?.focus();
        }
    }, [is_shown]);
    return is_shown ? (
        <div class="panel meanwhile">
            <h3 tabIndex={-1} ref={heading}>{t('settings.meanwhile')}</h3>
            <dl class="pairs">
                {changes.map(({ label, now }) => (
                    <Fragment key={label}>
                        <dt>{label}</dt><dd dir="auto" class="kept">{now === '' ? t('none') : now}</dd>
                    </Fragment>
                ))}
            </dl>
            <p>{t('settings.meanwhile.hint')}</p>
            <p class="actions"><button type="button" onClick={take}>{t('settings.meanwhile.take')}</button></p>
        </div>
    ) : null;
}
