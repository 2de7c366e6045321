// common.tsx: the small parts that all pages are made of.

import { signal } from '@preact/signals';
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { absolute, ago, moment, shortDigest, size } from '../lib/format';
import { language, t, type Key } from '../lib/i18n';
import { here } from '../lib/route';
import { brand } from '../lib/site';

/** What a screen reader says next; the one live region of the page. */
export const announcement = signal('');

export function announce(text: string): void {
    announcement.value = '';
    setTimeout(() => {
        announcement.value = text;
    }, 50);
}

/** The title of the document: the object first. */
export function useTitle(...parts: string[]): void {
    const title = [...parts, brand.name].filter((part) => part !== '').join(' – ');
    useEffect(() => {
        document.title = title;
    }, [title]);
}

/** The heading of a page, which has the focus when the page was gone to. */
export function Heading({ children }: { children: ComponentChildren }) {
    const ref = useRef<HTMLHeadingElement>(null);
    const { visit } = here.value;
    useLayoutEffect(() => {
        if (visit > 0) {
            ref.current?.focus({ preventScroll: true });
        }
    }, [visit]);
    return <h1 tabIndex={-1} ref={ref}>{children}</h1>;
}

/** A moment: relative, and the whole of it behind. */
export function Time({ at, is_whole = false }: { at: string | null | undefined; is_whole?: boolean }) {
    const date = moment(at);
    if (date === null) {
        return <span class="quiet">{t('unknown')}</span>;
    }
    const whole = absolute(date, language.value);
    return (
        <time dateTime={date.toISOString()} title={whole}>
            {is_whole ? whole : ago(date, Date.now(), language.value)}
        </time>
    );
}

export function Size({ bytes }: { bytes: number | null | undefined }) {
    const text = size(bytes, language.value);
    return text === null
        ? <span class="quiet">{t('unknown')}</span>
        : <span class="number">{text}</span>;
}

/** The text in a selected field: where there is no clipboard, over plain HTTP. */
function copyOld(text: string): boolean {
    const field = document.createElement('textarea');
    field.value = text;
    field.readOnly = true;
    field.className = 'offscreen';
    document.body.append(field);
    const before = document.activeElement;
    field.select();
    const is_done = document.execCommand('copy');
    field.remove();
    if (before instanceof HTMLElement) {
        before.focus({ preventScroll: true });
    }
    return is_done;
}

async function copyText(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copyOld(text);
    }
}

/** A button that copies a text; what: "Copy digest of 1.2". */
export function Copy({ text, what }: { text: string; what: string }) {
    const [is_done, setDone] = useState(false);
    useEffect(() => {
        const waiting = is_done ? setTimeout(() => setDone(false), 2000) : undefined;
        return () => clearTimeout(waiting);
    }, [is_done]);
    const copy = async (): Promise<void> => {
        const is_copied = await copyText(text);
        setDone(is_copied);
        announce(t(is_copied ? 'copied' : 'copy.failed'));
    };
    return (
        <button type="button" class="icon" aria-label={what} title={what} onClick={() => void copy()}>
            <Icon name={is_done ? 'check' : 'copy'} />
        </button>
    );
}

const ICONS: Record<string, string> = {
    copy: 'M5 5V3h8v8h-2M3 5h8v8H3z',
    check: 'm3 8.5 3.2 3.2L13 5',
    search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm3.6-1.4L14 14',
    star: 'm8 2 1.8 3.8 4.2.6-3 3 .7 4.1L8 11.5l-3.7 2 .7-4.1-3-3 4.2-.6z',
    download: 'M8 2v8m-3.5-3L8 10.500 11.500 7M3 13.500h10',
    lock: 'M4 7.500h8V14H4zM5.500 7V5a2.500 2.500 0 0 1 5 0v2',
    tag: 'M2 7.500V2.500h5l6.500 6.500-5 5zM5 5.500h.01',
    warning: 'M8 2 14.500 13.500h-13zM8 6.500v3M8 11.500h.01',
    box: 'm8 1.800 5.500 3v6.400L8 14.200l-5.500-3V4.800zM2.700 5 8 8m0 6V8m5.300-3L8 8',
};

export function Icon({ name }: { name: string }) {
    return (
        <svg class="symbol" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={ICONS[name]} />
        </svg>
    );
}

/** A digest: short, with all of it to copy. */
export function Digest({ digest, of, is_whole = false }: {
    digest: string; of: string; is_whole?: boolean;
}) {
    return (
        <span class="digest">
            <code title={digest}>{is_whole ? digest : shortDigest(digest)}</code>
            <Copy text={digest} what={t('copy.digest', { of })} />
        </span>
    );
}

/** A command with its button. */
export function Command({ text, label }: { text: string; label: string }) {
    return (
        <div class="command">
            <pre tabIndex={0} role="region" aria-label={label}><code>{text}</code></pre>
            <Copy text={text} what={t('copy.command', { of: label })} />
        </div>
    );
}

export function Badge({ children, kind = '' }: { children: ComponentChildren; kind?: string }) {
    return <span class={`badge ${kind}`}>{children}</span>;
}

export function Visibility({ is }: { is: 'public' | 'unlisted' | 'internal' | 'private' }) {
    return (
        <Badge kind={is}>
            {is === 'public' ? null : <Icon name="lock" />}
            {t(`visibility.${is}` as Key)}
        </Badge>
    );
}

export function Crumbs({ items }: { items: { name: string; href?: string }[] }) {
    return (
        <nav class="crumbs" aria-label={t('crumbs')}>
            <ol>
                {items.map(({ name, href }) => (
                    <li key={name}>
                        {href === undefined ? <span aria-current="page"><bdi>{name}</bdi></span>
                            : <a href={href}><bdi>{name}</bdi></a>}
                    </li>
                ))}
            </ol>
        </nav>
    );
}

/** Links that are the parts of one thing. */
export function Tabs({ label, items }: {
    label: string;
    items: { name: string; href: string; is_current: boolean }[];
}) {
    return (
        <nav class="tabs" aria-label={label}>
            <ul>
                {items.map(({ name, href, is_current }) => (
                    <li key={name}>
                        <a href={href} aria-current={is_current ? 'page' : undefined}>{name}</a>
                    </li>
                ))}
            </ul>
        </nav>
    );
}

type InputProps = InputHTMLAttributes<HTMLInputElement>;

/** A labelled field; its hint and its error are tied to it. */
export function Field({ label, hint, error, ...input }: {
    label: string; hint?: string | undefined; error?: string | undefined;
} & InputProps) {
    const id = useId();
    const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].join(' ').trim();
    return (
        <div class={`field${error ? ' wrong' : ''}`}>
            <label for={id}>{label}</label>
            {hint ? <p class="hint" id={`${id}-hint`}>{hint}</p> : null}
            <input id={id} aria-describedby={described || undefined}
                aria-invalid={error ? 'true' : undefined} {...input} />
            {error ? <p class="error" id={`${id}-error`}><Icon name="warning" />{error}</p> : null}
        </div>
    );
}

/** A picture made of a name: its colour, its pattern and its first letter. */
export function Avatar({ name, is_large = false }: { name: string; is_large?: boolean }) {
    let hash = 0;
    for (const letter of name) {
        hash = (hash * 31 + letter.codePointAt(0)!) % 3600;
    }
    return (
        <span class={`avatar hue${hash % 8} pattern${hash % 3}${is_large ? ' large' : ''}`} aria-hidden="true">
            {[...name][0]?.toUpperCase()}
        </span>
    );
}
