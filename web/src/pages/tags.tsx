// tags.tsx: all tags of a repository, as one list that is drawn where it is
// seen: their names and times are here at once, the rest is asked for as it
// comes into view.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';

import { get, query, url } from '../api/client';
import type { List, Tag, TagNames } from '../api/types';
import { useData } from '../lib/data';
import { absolute, ago } from '../lib/format';
import { language, t } from '../lib/i18n';
import { plain } from '../lib/image';
import { here, setQuery, to } from '../lib/route';
import { filtered, isAbout, orderOf, orders, sorted, visible, type Columns } from '../lib/tags';
import { announce, Digest, Size, useTitle } from '../ui/common';
import { RepositoryTabs } from '../ui/repository';
import { Empty, Whole } from '../ui/state';

const AROUND = 10;
const BLOCK = 25;        // details that one request asks for
const ROWS_MAX = 250_000; // browsers draw no higher list
const TYPING = 150;
const RESTING = 120;

function columnsOf({ tags }: TagNames): Columns {
    const entries = Object.entries(tags as Record<string, unknown>);
    return {
        names: entries.map(([name]) => name),
        times: entries.map(([, time]) => (typeof time === 'number' ? time : 0)),
    };
}

/** Details of tags by their names; what is asked for is never asked for again. */
function useDetails(name: string, wanted: string[]): Map<string, Tag> {
    const known = useRef(new Map<string, Tag>());
    const asked = useRef(new Set<string>());
    const [, redraw] = useState(0);
    const missing = wanted.filter((tag) => !asked.current.has(tag));
    useEffect(() => {
        if (missing.length === 0) {
            return undefined;
        }
        // not for rows that only pass by
        const resting = setTimeout(() => {
            // some may have been asked for since this was drawn
            const left = missing.filter((tag) => !asked.current.has(tag));
            for (let at = 0; at < left.length; at += BLOCK) {
                const block = left.slice(at, at + BLOCK);
                block.forEach((tag) => asked.current.add(tag));
                get<List<Tag>>(query(url`/repositories/${name}/tags`, { names: block.join(',') })).then(
                    ({ data }) => {
                        data.items.forEach((tag) => known.current.set(tag.name, tag));
                        redraw((n) => n + 1);
                    },
                    () => block.forEach((tag) => asked.current.delete(tag)),
                );
            }
        }, asked.current.size === 0 ? 0 : RESTING);
        return () => clearTimeout(resting);
    }, [name, missing.join(',')]);
    return known.current;
}

/** First and end of the rows that the window shows, as it is scrolled. */
function useWindow(count: number): {
    list: { current: HTMLUListElement | null }; row: number; first: number; end: number;
} {
    const list = useRef<HTMLUListElement>(null);
    const [row, setRow] = useState(52);
    const [[first, end], setRange] = useState<[number, number]>([0, 30]);
    useLayoutEffect(() => {
        const measure = (): void => {
            const box = list.current;
            if (box === null) {
                return;
            }
            const height = box.querySelector<HTMLElement>('.rows-probe')?.offsetHeight || 52;
            setRow(height);
            const range = visible(-box.getBoundingClientRect().top, innerHeight, height, count, AROUND);
            setRange((before) => (before[0] === range[0] && before[1] === range[1] ? before : range));
        };
        measure();
        addEventListener('scroll', measure, { passive: true });
        addEventListener('resize', measure);
        return () => {
            removeEventListener('scroll', measure);
            removeEventListener('resize', measure);
        };
    }, [count]);
    return { list, row, first, end };
}

function Row({ name, tag, time, details, top, at, count }: {
    name: string; tag: string; time: number; details: Tag | undefined;
    top: number; at: number; count: number;
}) {
    const date = time > 0 ? new Date(time * 1000) : null;
    const platforms = details?.platforms.filter((one) => !one.startsWith('unknown/')) ?? [];
    const shown = platforms.slice(0, 3).map((one) => plain(one, 40)).join(', ')
        + (platforms.length > 3 ? ` +${platforms.length - 3}` : '');
    return (
        <li aria-setsize={count} aria-posinset={at + 1} style={{ transform: `translateY(${top}px)` }}>
            <a class="name" href={to(['repositories', name, 'tags', tag])} title={tag}><bdi>{tag}</bdi></a>
            <span data-name={t('tag.digest')}>
                {details !== undefined ? <Digest digest={details.digest} of={tag} /> : null}</span>
            <span class="platforms" data-name={shown !== '' ? t('tag.platforms') : undefined} title={platforms.join(', ')}><bdi>{shown}</bdi></span>
            <span class="number" data-name={t('layers.size')}>{details !== undefined ? <Size bytes={details.compressed_size} /> : null}</span>
            <span class="number" data-name={t('tag.pushed')}>{date !== null
                ? <time dateTime={date.toISOString()} title={absolute(date, language.value)}>
                    {ago(date, Date.now(), language.value)}</time>
                : null}</span>
            <span class="number" data-name={t('tag.pulls')}>{details !== undefined
                ? new Intl.NumberFormat(language.value).format(details.pull_count) : null}</span>
        </li>
    );
}

function Rows({ name, of, shown }: { name: string; of: Columns; shown: number[] }) {
    const count = Math.min(shown.length, ROWS_MAX);
    const { list, row, first, end } = useWindow(count);
    const drawn = shown.slice(first, Math.min(end, count));
    const details = useDetails(name, drawn.map((i) => of.names[i]!));
    return (
        <>
            <div class="rows-head" aria-hidden="true">
                <span>{t('tag.tag')}</span><span>{t('tag.digest')}</span><span>{t('tag.platforms')}</span>
                <span class="number">{t('layers.size')}</span><span class="number">{t('tag.pushed')}</span>
                <span class="number">{t('tag.pulls')}</span>
            </div>
            <ul class="rows" ref={list} aria-label={t('tags')} style={{ height: `${count * row}px` }}>
                <li class="rows-probe" aria-hidden="true" />
                {drawn.map((i, k) => (
                    <Row key={of.names[i]} name={name} tag={of.names[i]!} time={of.times[i]!}
                        details={details.get(of.names[i]!)} top={(first + k) * row} at={first + k} count={count} />
                ))}
            </ul>
        </>
    );
}

function Tags({ name, is }: { name: string; is: TagNames }) {
    const said = here.value.query;
    const order = orderOf(said.get('sort'));
    const filter = said.get('filter') ?? '';
    const with_about = said.has('signatures');
    const [text, setText] = useState(filter);
    const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    const field = useRef<HTMLInputElement>(null);
    const of = useMemo(() => columnsOf(is), [is]);
    const inOrder = useMemo(() => sorted(of, order), [of, order]);
    const shown = useMemo(() => filtered(of, inOrder, filter, with_about), [of, inOrder, filter, with_about]);
    const n_about = useMemo(() => of.names.filter(isAbout).length, [of]);
    const count = of.names.length - (with_about ? 0 : n_about);
    const words = filter === '' ? t('tags.count', { count })
        : t('tags.matching', { found: shown.length, count });
    useEffect(() => setText(filter), [filter]);
    useEffect(() => {
        if (filter !== '') {
            announce(words);
        }
    }, [words]);
    useEffect(() => {
        const pressed = (event: KeyboardEvent): void => {
            const is_typing = event.target instanceof HTMLElement
                && ['INPUT', 'SELECT', 'TEXTAREA'].includes(event.target.tagName);
            if (event.key === '/' && !is_typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                field.current?.focus();
            }
        };
        addEventListener('keydown', pressed);
        return () => {
            removeEventListener('keydown', pressed);
            clearTimeout(waiting.current);
        };
    }, []);
    return (
        <>
            <div class="filters">
                <div class="search">
                    <label class="offscreen" for="filter">{t('tags.filter')}</label>
                    <input id="filter" type="search" ref={field} value={text} placeholder={t('tags.filter')}
                        autocomplete="off" spellcheck={false} maxLength={200} aria-keyshortcuts="/"
                        onInput={(event) => {
                            const { value } = event.currentTarget;
                            setText(value);
                            clearTimeout(waiting.current);
                            waiting.current = setTimeout(() => setQuery({ filter: value }), TYPING);
                        }} />
                </div>
                <label>
                    <span>{t('sort')}</span>
                    <select value={order} onChange={(event) => setQuery({ sort: event.currentTarget.value })}>
                        {orders.map((one) => <option key={one} value={one}>{t(`tags.order.${one}`)}</option>)}
                    </select>
                </label>
                {n_about > 0 ? (
                    <label>
                        <input type="checkbox" checked={with_about}
                            onChange={() => setQuery({ signatures: with_about ? '' : '1' })} />
                        <span>{t('tags.about', { count: n_about })}</span>
                    </label>
                ) : null}
                <span class="quiet count">{words}</span>
            </div>
            {of.names.length === 0 ? <Empty title={t('repository.empty')} />
                : shown.length === 0 ? (
                    <Empty title={t('tags.unmatched', { words: filter })}>
                        <p><button type="button" onClick={() => setQuery({ filter: '' })}>{t('tags.clear')}</button></p>
                    </Empty>
                ) : <Rows name={name} of={of} shown={shown} />}
            {is.is_complete ? null : <p class="quiet">{t('tags.truncated', { count: of.names.length })}</p>}
        </>
    );
}

export default function TagsPage({ name }: { name: string }) {
    const of = useData<TagNames>(url`/repositories/${name}/tag-names`);
    useTitle(name, t('tags'));
    return (
        <Whole of={of} rows={8}>{(is: TagNames) => (
            <>
                <RepositoryTabs name={name} current="tags" role={is.role}>
                    <a href={to(['repositories', name, 'compare'])}>{t('compare.title')}</a>
                </RepositoryTabs>
                <Tags name={name} is={is} />
            </>
        )}</Whole>
    );
}
