// card.tsx: a repository in a list.

import type { RepositoryItem, SearchResult } from '../api/types';
import { clip } from '../lib/format';
import { t } from '../lib/i18n';
import { to } from '../lib/route';
import { Icon, Time, Visibility } from './common';

export type Item = RepositoryItem | SearchResult;

/** A name with the words of the search emphasised. */
export function Marked({ text, words }: { text: string; words: string[] }) {
    const found = words.filter((word) => word.length > 1)
        .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    if (found.length === 0) {
        return <>{text}</>;
    }
    const parts = text.split(new RegExp(`(${found.join('|')})`, 'i'));
    return <>{parts.map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : part))}</>;
}

export function Card({ item, words }: { item: Item; words: string[] }) {
    return (
        <li class="card">
            <h2>
                <a href={to(['repositories', item.name])} title={item.name}>
                    <bdi><Marked text={item.name} words={words} /></bdi>
                </a>
                {item.visibility !== 'public' ? <Visibility is={item.visibility} /> : null}
            </h2>
            {item.description !== '' ? <p dir="auto">{clip(item.description, 300)}</p> : null}
            {item.topics.length > 0 ? (
                <ul class="topics">
                    {item.topics.map((topic) => (
                        <li key={topic}><a href={to([], { topic })}><bdi>{topic}</bdi></a></li>
                    ))}
                </ul>
            ) : null}
            <p class="facts">
                <span>{t('pushed')} <Time at={item.pushed_at} /></span>
                <span><Icon name="download" /> {t('pulls', { count: item.pull_count })}</span>
                <span><Icon name="star" /> {t('stars', { count: item.star_count })}</span>
            </p>
        </li>
    );
}
