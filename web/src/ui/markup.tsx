// markup.tsx: a description as elements, from the nodes of html.ts.

import { h, type ComponentChildren } from 'preact';

import { linkTarget, parse, type Element, type Node } from '../lib/html';
import { t } from '../lib/i18n';

/** Pictures of other hosts are links: a page asks no other host. */
function picture({ attributes }: Element): ComponentChildren {
    const target = linkTarget(attributes['src']);
    const alt = attributes['alt'] || t('picture');
    if (target === null) {
        return alt;
    }
    return (
        <a href={target.href} rel="nofollow ugc noopener noreferrer external">
            {alt} ({new URL(target.href).host})
        </a>
    );
}

function link({ attributes, children }: Element): ComponentChildren {
    const target = linkTarget(attributes['href']);
    if (target === null) {
        return <span>{children.map(draw)}</span>;
    }
    return target.is_anchor
        ? <a href={location.pathname + location.search + target.href} rel="external">{children.map(draw)}</a>
        : <a href={target.href} rel="nofollow ugc noopener noreferrer external">{children.map(draw)}</a>;
}

/** Headings of a description come below that of the page. */
const heading = (tag: string): string => `h${Math.min(6, Number(tag[1]) + 1)}`;

function draw(node: Node): ComponentChildren {
    if (typeof node === 'string') {
        return node;
    }
    const { tag, attributes, children } = node;
    switch (tag) {
    case 'a':
        return link(node);
    case 'img':
        return picture(node);
    case 'input':
        return <span>{Object.hasOwn(attributes, 'checked') ? '☑ ' : '☐ '}</span>;
    case 'pre':
        return <pre tabIndex={0}>{children.map(draw)}</pre>;
    case 'table':
        return <div class="scroll" tabIndex={0}><table>{children.map(draw)}</table></div>;
    case 'th':
    case 'td':
        return h(tag, { class: attributes['align'] ? `to-${attributes['align']}` : undefined },
                 children.map(draw));
    case 'ol':
        return <ol start={Number(attributes['start'] ?? 1)}>{children.map(draw)}</ol>;
    default: {
        const name = /^h[1-6]$/.test(tag) ? heading(tag) : tag;
        return h(name, { id: attributes['id'], class: attributes['class'] }, ...children.map(draw));
    }
    }
}

export function Markup({ html }: { html: string }) {
    return <div class="markup">{parse(html).map(draw)}</div>;
}
