// explore.tsx: all repositories, in an order, and what a search finds.

import { useEffect, useRef, useState } from 'preact/hooks';

import { query, session } from '../api/client';
import { usePages } from '../lib/data';
import { clip } from '../lib/format';
import { t, type Key } from '../lib/i18n';
import { go, here, setQuery, to } from '../lib/route';
import { Card, type Item } from '../ui/card';
import { announce, Heading, Icon, useTitle } from '../ui/common';
import { Empty, ErrorBox, Loading } from '../ui/state';

const SORTS = ['updated', 'pulls', 'stars', 'name'] as const;
const TYPING = 250;

/** "alice/app:1.0" and "alice/app@sha256:..." are addresses, not words. */
export function addressOf(text: string): string[] | null {
    const found = /^(?:[a-z0-9.-]+(?::\d+)?\/)??([a-z0-9]+(?:[._/-]+[a-z0-9]+)*\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::(\w[\w.-]{0,127})|@(sha\d+:[0-9a-f]{64,128}))$/
        .exec(text);
    if (found === null) {
        return null;
    }
    const [, name, tag, digest] = found;
    return tag !== undefined ? ['repositories', name!, 'tags', tag]
        : ['repositories', name!, 'manifests', digest!];
}

/** The words that are typed go to the address; the list follows when they rest. */
function Filters() {
    const { query: said } = here.value;
    const q = said.get('q') ?? '';
    const [text, setText] = useState(q);
    const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    useEffect(() => setText(q), [q]);
    const typed = (value: string): void => {
        setText(value);
        clearTimeout(waiting.current);
        waiting.current = setTimeout(() => setQuery({ q: value.trim() }), TYPING);
    };
    const sent = (): void => {
        clearTimeout(waiting.current);
        const address = addressOf(text.trim());
        if (address !== null) {
            go(to(address));
        } else {
            setQuery({ q: text.trim() });
        }
    };
    useEffect(() => () => clearTimeout(waiting.current), []);
    const is_search = q !== '' || said.has('topic');
    return (
        <form class="filters" role="search" onSubmit={(event) => {
            event.preventDefault();
            sent();
        }}>
            <div class="search wide">
                <label class="offscreen" for="q">{t('search')}</label>
                <Icon name="search" />
                <input id="q" type="search" value={text} maxLength={255} autocomplete="off"
                    spellcheck={false} placeholder={t('search.hint')}
                    onInput={(event) => typed(event.currentTarget.value)} />
            </div>
            {is_search ? null : (
                <label>
                    <span>{t('sort')}</span>
                    <select value={sortOf(said.get('sort'))}
                        onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
                        {SORTS.map((sort) => (
                            <option key={sort} value={sort}>{t(`sort.${sort}` as Key)}</option>
                        ))}
                    </select>
                </label>
            )}
        </form>
    );
}

const sortOf = (text: string | null): string =>
    (SORTS as readonly (string | null)[]).includes(text) ? text! : 'updated';

function pathOf(said: URLSearchParams): string {
    const q = said.get('q') ?? '';
    const topic = said.get('topic') ?? '';
    if (q !== '' || topic !== '') {
        return query('/search', { q, topic });
    }
    return query('/repositories', {
        sort: sortOf(said.get('sort')),
        mine: said.has('mine') ? 'true' : undefined,
    });
}

function Nothing() {
    const { query: said } = here.value;
    const q = said.get('q') ?? '';
    const topic = said.get('topic') ?? '';
    if (q === '' && topic === '') {
        return (
            <Empty title={t(said.has('mine') ? 'explore.nothing.mine' : 'explore.nothing')}>
                <p>{t('explore.nothing.hint')}</p>
            </Empty>
        );
    }
    return (
        <Empty title={t('explore.unmatched', { words: q !== '' ? q : topic })}>
            <p>{t('explore.unmatched.hint')}</p>
            <p><button type="button" onClick={() => setQuery({ q: '', topic: '' })}>
                {t('explore.all')}</button></p>
        </Empty>
    );
}

export default function Explore() {
    const { query: said } = here.value;
    const q = said.get('q') ?? '';
    const topic = said.get('topic') ?? '';
    const is_mine = said.has('mine');
    const list = usePages<Item>(is_mine && session.value === undefined ? null : pathOf(said), true);
    const { items } = list;
    const shown = items?.length ?? 0;
    useTitle(q !== '' ? t('explore.title.search', { words: clip(q, 60) }) : t(is_mine ? 'mine' : 'explore'));
    useEffect(() => {
        if (q !== '' && !list.is_loading && items !== undefined) {
            announce(t('explore.found', { count: shown }));
        }
    }, [q, list.is_loading, shown]);
    return (
        <div class="page">
            <Heading>{t(is_mine ? 'mine' : 'explore')}</Heading>
            <Filters />
            {topic !== '' ? (
                <p class="chips">
                    {t('explore.topic')} <button type="button" class="chip"
                        aria-label={t('explore.remove', { name: topic })}
                        onClick={() => setQuery({ topic: '' })}><bdi>{topic}</bdi> ✕</button>
                </p>
            ) : null}
            {list.error !== undefined ? <ErrorBox error={list.error} retry={list.reload} /> : null}
            {items === undefined
                ? (list.error === undefined ? <Loading rows={5} cancel={list.cancel} /> : null)
                : items.length === 0 && !list.has_more && !list.is_loading ? <Nothing /> : (
                    <ul class="cards" aria-busy={list.is_loading}>
                        {items.map((item) => (
                            <Card key={item.name} item={item} words={q.split(/\s+/)} />
                        ))}
                    </ul>
                )}
            {list.has_more ? (
                <p class="more"><button type="button" disabled={list.is_loading}
                    onClick={list.more}>{t('more')}</button></p>
            ) : null}
        </div>
    );
}
