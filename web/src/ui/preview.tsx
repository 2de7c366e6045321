// preview.tsx: Markdown as the server will show it, before it is saved.

import { useEffect, useId, useState } from 'preact/hooks';

import { ApiError, change } from '../api/client';
import type { Markdown } from '../api/types';
import { t } from '../lib/i18n';
import { Markup } from './markup';
import { ErrorBox } from './state';

/** How long nothing is typed before it is drawn again. */
const TYPING = 400;

function Shown({ text, kind }: { text: string; kind: 'page' | 'comment' }) {
    const [html, setHtml] = useState<string>();
    const [error, setError] = useState<ApiError>();
    useEffect(() => {
        const controller = new AbortController();
        const draw = (): void => {
            change<Markdown>('POST', '/markdown', { body: { text, kind }, signal: controller.signal, is_reading: true }).then(
                ({ data }) => {
                    setHtml(data.html);
                    setError(undefined);
                },
                (failed: unknown) => {
                    if (!controller.signal.aborted) {
                        setError(failed instanceof ApiError ? failed : new ApiError(-1, null));
                    }
                },
            );
        };
        const waiting = setTimeout(draw, html === undefined ? 0 : TYPING);
        return () => {
            clearTimeout(waiting);
            controller.abort();
        };
    }, [text, kind]);
    return (
        <div class="panel" aria-busy={html === undefined && error === undefined}>
            {error !== undefined ? <ErrorBox error={error} /> : null}
            {html === undefined ? null : html === '' ? <p class="quiet">{t('preview.empty')}</p>
                : <article dir="auto"><Markup html={html} /></article>}
        </div>
    );
}

/** A button that shows the text below as it will look, also while it changes. */
export function Preview({ text, kind }: { text: string; kind: 'page' | 'comment' }) {
    const id = useId();
    const [is_open, setOpen] = useState(false);
    return (
        <div>
            <button type="button" aria-expanded={is_open} aria-controls={id} onClick={() => setOpen(!is_open)}>
                {t(is_open ? 'preview.hide' : 'preview.show')}
            </button>
            <div id={id} class="preview">{is_open ? <Shown text={text} kind={kind} /> : null}</div>
        </div>
    );
}
