// portions.tsx: a long list as a table that grows by portions, so that 10 000
// rows cost no more than those that are read; and the field that filters it.

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { t } from '../lib/i18n';
import { Icon } from './common';

const PORTION = 100;

export function Filter({ label, value, change }: {
    label: string; value: string; change: (value: string) => void;
}) {
    return (
        <label class="search">
            <span class="offscreen">{label}</span>
            <Icon name="search" />
            <input type="search" value={value} placeholder={label} autocomplete="off" spellcheck={false}
                onInput={(event) => change(event.currentTarget.value)} />
        </label>
    );
}

export function Portions<T>({ items, of, head, label, counted, row }: {
    items: T[]; of: number; head: string[]; label: string;
    /** "12 packages" */
    counted: (count: number) => string;
    row: (item: T) => ComponentChildren[];
}) {
    const [shown, setShown] = useState(PORTION);
    useEffect(() => setShown(PORTION), [items]);
    return (
        <>
            <p class="quiet" role="status">
                {items.length === of ? counted(of) : t('portions.found', { found: items.length, all: counted(of) })}
            </p>
            {items.length === 0 ? null : (
                <div class="scroll" tabIndex={0} role="region" aria-label={label}>
                    <table class="stack">
                        <thead><tr>{head.map((one) => <th key={one} scope="col">{one}</th>)}</tr></thead>
                        <tbody>{items.slice(0, shown).map((item, i) => (
                            <tr key={i}>{row(item).map((cell, n) => <td key={n} data-name={head[n]}>{cell}</td>)}</tr>
                        ))}</tbody>
                    </table>
                </div>
            )}
            {items.length > shown ? (
                <p class="more">
                    <button type="button" onClick={() => setShown(shown + 5 * PORTION)}>{t('more')}</button>
                </p>
            ) : null}
        </>
    );
}
