// lib.test.ts: what the pages compute.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forget, get, remembered } from '../../src/api/client';
import { brandOf, inLanguage } from '../../src/lib/brand';
import { kindOf, logIn, pull } from '../../src/lib/command';
import { ago, moment, shortDigest, size } from '../../src/lib/format';
import { linkTarget, parse, type Node } from '../../src/lib/html';
import { commandOf, looksSecret, plain, variable, webAddress } from '../../src/lib/image';
import { safeNext, segmentsOf } from '../../src/lib/route';
import { compareNames, filtered, isAbout, sorted, visible } from '../../src/lib/tags';

test('sizes are decimal, and what is no size is none', () => {
    assert.equal(size(0, 'en'), '0 bytes');
    assert.equal(size(1, 'en'), '1 byte');
    assert.equal(size(999, 'en'), '999 bytes');
    assert.equal(size(1_234_567, 'en'), '1.23 MB');
    for (const wrong of [-1, NaN, Infinity, 1e309, '5', null, undefined, {}]) {
        assert.equal(size(wrong, 'en'), null);
    }
});

test('times of images may be anything', () => {
    assert.equal(moment('2026-05-01T10:00:00.123456789+02:00')?.toISOString(), '2026-05-01T08:00:00.123Z');
    for (const wrong of ['<b>', '', '2026', '2026-99-99T10:00:00Z', '0001-01-01T00:00:00Z', 5, null]) {
        assert.equal(moment(wrong), null, String(wrong));
    }
    const now = Date.parse('2026-05-04T10:00:00Z');
    assert.equal(ago(new Date('2026-05-01T10:00:00Z'), now, 'en'), '3 days ago');
    assert.equal(ago(new Date('2026-05-01T10:00:01Z'), now, 'en'), '2 days ago');
    assert.equal(ago(new Date(now), now, 'en'), 'now');
    assert.equal(ago(new Date(now + 7 * 86_400_000 - 1000), now, 'en'), 'in 7 days');
    assert.equal(ago(new Date(now + 90 * 86_400_000 - 1000), now, 'en'), 'in 3 months');
    assert.equal(shortDigest(`sha256:${'ab'.repeat(32)}`), 'abababababab');
});

test('tags are in natural order', () => {
    const names = ['6.0.10', '6.0.8', 'latest', '6.0.8-alpine', 'V1', 'v1'];
    assert.deepEqual(names.sort(compareNames), ['6.0.8', '6.0.8-alpine', '6.0.10', 'latest', 'v1', 'V1']);
    const tags = { names: ['1.10', '1.9', '1.2'], times: [5, 9, 9] };
    assert.deepEqual(sorted(tags, 'name'), [2, 1, 0]);
    assert.deepEqual(sorted(tags, 'name-desc'), [0, 1, 2]);
    assert.deepEqual(sorted(tags, 'newest'), [1, 2, 0]);
    assert.deepEqual(sorted(tags, 'oldest'), [0, 2, 1]);
});

test('signatures are apart, and all words of a filter count', () => {
    const about = `sha256-${'0'.repeat(64)}.sig`;
    const tags = { names: ['1.0-alpine', about, '2.0-alpine', '2.0'], times: [0, 0, 0, 0] };
    const all = [0, 1, 2, 3];
    assert.ok(isAbout(about) && !isAbout('sha256-0.sig') && !isAbout('1.0'));
    assert.deepEqual(filtered(tags, all, '', false), [0, 2, 3]);
    assert.deepEqual(filtered(tags, all, '', true), all);
    assert.deepEqual(filtered(tags, all, '2.0 ALPINE', true), [2]);
});

test('the rows that a window shows', () => {
    assert.deepEqual(visible(0, 100, 10, 1000, 5), [0, 15]);
    assert.deepEqual(visible(5000, 100, 10, 1000, 5), [495, 515]);
    assert.deepEqual(visible(-500, 100, 10, 1000, 5), [0, 0]);
    assert.deepEqual(visible(9990, 100, 10, 1000, 5), [994, 1000]);
});

test('commands are complete', () => {
    const d = `sha256:${'a'.repeat(64)}`;
    assert.equal(pull('docker', 'r.test:5000', 'a/b', '1'), 'docker pull r.test:5000/a/b:1');
    assert.equal(pull('podman', 'r.test', 'a/b', null, d), `podman pull r.test/a/b@${d}`);
    assert.equal(pull('skopeo', 'r.test', 'a/b', '1'), 'skopeo copy docker://r.test/a/b:1 oci:b:1');
    assert.equal(pull('crane', 'r.test', 'a/b', '1'), 'crane pull r.test/a/b:1 b.tar');
    assert.equal(pull('helm', 'r.test', 'a/b', '1.0_x'), 'helm pull oci://r.test/a/b --version 1.0+x');
    assert.equal(pull('docker', 'r.test', 'a/b', '$(id)'), "docker pull 'r.test/a/b:$(id)'");
    assert.equal(logIn('crane', 'r.test'), 'crane auth login r.test');
    assert.equal(kindOf('application/vnd.cncf.helm.config.v1+json', null), 'chart');
    assert.equal(kindOf(null, 'application/vnd.oci.image.index.v1+json'), 'image');
    assert.equal(kindOf('application/spdx+json', null), 'artifact');
});

test('commands of layers lose exact prefixes only', () => {
    assert.deepEqual(commandOf('/bin/sh -c #(nop)  CMD ["sh"]'), { verb: 'CMD', text: '["sh"]' });
    assert.deepEqual(commandOf('/bin/sh -c apk add x'), { verb: 'RUN', text: 'apk add x' });
    assert.deepEqual(commandOf('RUN /bin/sh -c apk add x # buildkit'), { verb: 'RUN', text: 'apk add x' });
    const own = '/bin/bash -eo pipefail -c make';
    assert.deepEqual(commandOf(own), { verb: null, text: own });
    assert.equal(commandOf(null), null);
    assert.deepEqual(variable('A=b=c'), ['A', 'b=c']);
    assert.deepEqual(variable('A'), ['A', '']);
    assert.ok(looksSecret('DB_PASSWORD') && looksSecret('api_key'));
    assert.ok(!looksSecret('TOKENIZER') && !looksSecret('PATH'));
    assert.equal(plain('\u001b[31mred\u0000\u202e', 100), 'red\ufffd\ufffd');
    assert.equal(plain('abcdef', 3), 'abc…');
});

test('a link is one of the web, and has no login', () => {
    assert.equal(webAddress('https://good.test/a')?.host, 'good.test');
    for (const wrong of ['javascript:alert(1)', 'JaVaScRiPt:x', 'http://user@evil.test', 'https://a\\b',
                         '//evil', 'data:text/html,x', ' https://x', '', null, 5, {}]) {
        assert.equal(webAddress(wrong), null, String(wrong));
    }
    for (const wrong of ['javascript:x', '//evil.test', '/x', 'x.md', 'https://u:p@evil.test', '#app',
                         'vbscript:x', 'https:evil', '']) {
        assert.equal(linkTarget(wrong), null, wrong);
    }
    assert.equal(linkTarget('#user-content-a')?.is_anchor, true);
    assert.equal(linkTarget('mailto:a@b.test')?.href, 'mailto:a@b.test');
});

test('a log-in returns to a page of ours only', () => {
    const base = 'http://r.test/ui/';
    assert.equal(safeNext('/ui/repositories/a%2Fb', base), 'http://r.test/ui/repositories/a%2Fb');
    assert.equal(safeNext('repositories', base), 'http://r.test/ui/repositories');
    for (const evil of ['//evil.test', '/\\evil.test', '\\\\evil.test', '/%09/evil', '/\t/evil.test',
                        'https:evil.test', 'javascript:alert(1)', 'http://r.test@evil.test/ui/', '/other',
                        'http://r.test:81/ui/', null]) {
        const next = safeNext(evil, base);
        assert.ok(next.startsWith(base), String(evil));
    }
    assert.deepEqual(segmentsOf('/ui/repositories/a%2Fb/tags', '/ui/'), ['repositories', 'a/b', 'tags']);
    assert.deepEqual(segmentsOf('/ui/', '/ui/'), []);
    assert.equal(segmentsOf('/ui/%', '/ui/'), null);
    assert.equal(segmentsOf('/other', '/ui/'), null);
});

/** The nodes as one line. */
const shown = (nodes: Node[]): string => nodes.map((node) => (typeof node === 'string' ? node
    : `{${node.tag}${Object.entries(node.attributes).map(([k, v]) => ` ${k}=${v}`).join('')}: `
        + `${shown(node.children)}}`)).join('');

test('HTML of descriptions: what is known is drawn, the rest is text', () => {
    const cases: [string, string][] = [
        ['<p>a &amp; <em>b</em><br>\n</p>\n', '{p: a & {em: b}{br: }\n}\n'],
        ['<h2 id="user-content-a">x</h2>', '{h2 id=user-content-a: x}'],
        ['<a href="https://x.test/" rel="nofollow">x</a>', '{a href=https://x.test/: x}'],
        ['<input type="checkbox" disabled checked> x', '{input checked=: } x'],
        ['<script>x</script>', '<script>x</script>'],
        ['<p onclick="x">y</p>', '{p: y}'],
        ['<p id="app" class="bottom">y</p>', '{p: y}'],
        ['</p></em>x', '</p></em>x'],
        ['<p><em>x</p></em>', '{p: {em: x</p>}}'.replace('}}', '}}')],
        ['&lt;script&gt;', '<script>'],
        ['&amp;lt;b&amp;gt;', '&lt;b&gt;'],
        ['<svg onload="x"><style>', '<svg onload="x"><style>'],
        ['<img src="http://x.test/p" alt="p">', '{img alt=p: }'],
    ];
    for (const [html, wanted] of cases) {
        assert.equal(shown(parse(html)), wanted, html);
    }
});

test('deep HTML is not nested without end', () => {
    let depth = 0;
    let at: Node | undefined = parse('<em>'.repeat(10_000))[0];
    for (; typeof at === 'object'; at = at.children[0]) {
        depth++;
    }
    assert.ok(depth > 60 && depth < 100, String(depth));
});

test('what was asked before a log-out is not remembered behind it', async () => {
    const real = globalThis.fetch;
    const waiting: (() => void)[] = [];
    globalThis.fetch = () => new Promise((resolve) => {
        waiting.push(() => resolve(new Response('{"name":"private"}')));
    });
    try {
        const asked = get('/repositories/private');
        forget();
        waiting.forEach((answer) => answer());
        assert.deepEqual((await asked).data, { name: 'private' });
        assert.equal(remembered('/repositories/private'), undefined);
        const again = get('/repositories/private');
        waiting.forEach((answer) => answer());
        const answer = await again;
        assert.equal(remembered('/repositories/private'), answer);
    } finally {
        globalThis.fetch = real;
        forget();
    }
});

test('what an operator says, and what is refused of it', () => {
    const of = (json: unknown) => brandOf(JSON.stringify(json), 'https://pages.test/ui/');
    const logo = { file: 'logo.svg', width: 120, height: 30 };
    const good = of({
        name: 'Harbour', logo, footer: { en: 'Ours', 'zh-CN': '我们' },
        links: [{ text: 'Imprint', href: 'https://a.test/x' }, { text: 'Mail', href: 'mailto:a@a.test' },
                { text: 'Here', href: 'theme/imprint.html' }, { text: 'There', href: '/legal' }],
    });
    assert.deepEqual(good.wrong, []);
    assert.equal(good.found.name, 'Harbour');
    assert.deepEqual(good.found.logo, { src: 'theme/logo.svg', width: 120, height: 30, has_name: false });
    assert.equal(inLanguage(good.found.footer!), 'Ours');
    assert.deepEqual(good.found.links!.map(({ href }) => href), [
        'https://a.test/x', 'mailto:a@a.test', 'https://pages.test/ui/theme/imprint.html', 'https://pages.test/legal']);
    for (const href of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'java\tscript:alert(1)', '\u0001javascript:x',
                        ' javascript:x', 'data:text/html,x', 'vbscript:x', '//evil.test', '/\\evil.test', '#x', '',
                        'https:evil.test', 'https://a@evil.test/', 'blob:x', 5, null, 'x'.repeat(1001)]) {
        assert.deepEqual(of({ links: [{ text: 'x', href }] }), { found: { links: [] }, wrong: ['links[0]'] }, String(href));
    }
    for (const file of ['../x.svg', 'a/b.svg', '//evil.test/x.svg', 'https://evil.test/x.svg', 'x.html', '.svg', 7]) {
        assert.deepEqual(of({ logo: { ...logo, file } }).wrong, ['logo'], String(file));
    }
    for (const wrong of [{ name: '' }, { name: 'x'.repeat(61) }, { name: 'a\nb' }, { name: ['x'] }, { footer: {} },
                         { footer: 'x'.repeat(501) }, { footer: { en: 5 } }, { links: 'x' }, { logo: { ...logo, width: 0 } },
                         { logo: { ...logo, height: 1e9 } }, { colour: 'red' }]) {
        assert.deepEqual(of(wrong), { found: { links: [] }, wrong: Object.keys(wrong) }, JSON.stringify(wrong));
    }
    const many = of({ links: Array.from({ length: 11 }, () => ({ text: 'x', href: '/x' })) });
    assert.deepEqual([many.found.links!.length, many.wrong], [10, ['links[10]']]);
    for (const source of ['', '[]', 'null', '"x"', '{', `{"name": "x"${' '.repeat(16384)}}`]) {
        assert.equal(brandOf(source, 'https://pages.test/').wrong.length, 1, source.slice(0, 20));
        assert.deepEqual(brandOf(source, 'https://pages.test/').found, {});
    }
});
