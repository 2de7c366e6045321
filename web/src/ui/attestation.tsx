// attestation.tsx: what was attested or signed, and that it was not verified
// here.

import type { ComponentChildren } from 'preact';

import type { Signature, Statement } from '../lib/attestation';
import { t, type Key } from '../lib/i18n';
import { plain, webAddress } from '../lib/image';
import { pretty } from '../lib/json';
import { to } from '../lib/route';
import { Time } from './common';

const TEXT_MAX = 1000;
const PREDICATE_MAX = 256 * 1024;

/** An address of the web as a link, anything else as text. */
function Address({ text }: { text: string }) {
    const link = webAddress(text);
    return link === null ? <bdi>{plain(text, TEXT_MAX)}</bdi>
        : <a href={link.href} rel="nofollow ugc noopener noreferrer external">{plain(link.href, TEXT_MAX)}</a>;
}

/** A digest of a manifest here, or anything else as text. */
function About({ name, digest }: { name: string; digest: string }) {
    return /^sha(256|512):[0-9a-f]{64,128}$/.test(digest)
        ? <a href={to(['repositories', name, 'manifests', digest])}><code>{digest}</code></a>
        : <code>{plain(digest, TEXT_MAX)}</code>;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    return <><dt>{name}</dt><dd>{children}</dd></>;
}

export function StatementView({ of, name, is_short = false }: {
    of: Statement; name: string; is_short?: boolean;
}) {
    return (
        <>
            <h3>{t('attestation.title')}</h3>
            <p class="quiet">{t('attestation.unverified')}</p>
            <dl class="pairs">
                <Fact name={t('attestation.type')}><Address text={of.predicateType} /></Fact>
                {of.subjects.map(({ name: what, digest }, i) => (
                    <Fact key={i} name={t('attestation.subject')}>
                        {what !== '' ? <><bdi>{plain(what, TEXT_MAX)}</bdi> </> : null}<About name={name} digest={digest} />
                    </Fact>
                ))}
                {of.signatures !== null ? (
                    <Fact name={t('attestation.signatures')}>{of.signatures}</Fact>
                ) : null}
                {of.facts.map(([fact, value]) => (
                    <Fact key={fact} name={t(`attestation.fact.${fact}` as Key)}>
                        {fact === 'started' ? <Time at={value} is_whole /> : <Address text={value} />}
                    </Fact>
                ))}
            </dl>
            {of.materials.length > 0 && !is_short ? (
                <>
                    <h4>{t('attestation.materials')}</h4>
                    <ul class="lines">{of.materials.map(({ uri, digest }, i) => (
                        <li key={i}><Address text={uri} /> <code>{plain(digest, TEXT_MAX)}</code></li>
                    ))}</ul>
                </>
            ) : null}
            {is_short ? null : (
                <>
                    <h4>{t('attestation.predicate')}</h4>
                    <pre class="document" tabIndex={0} role="region" aria-label={t('attestation.predicate')}>
                        <code>{plain(pretty(of.predicate), PREDICATE_MAX)}</code>
                    </pre>
                </>
            )}
        </>
    );
}

export function SignatureView({ of, name }: { of: Signature; name: string }) {
    return (
        <>
            <h3>{t('signature.title')}</h3>
            <p class="quiet">{t('referrers.unverified')}</p>
            <dl class="pairs">
                <Fact name={t('signature.format')}>{of.format}</Fact>
                {of.signs !== '' ? (
                    <Fact name={t('signature.signs')}><About name={name} digest={of.signs} /></Fact>
                ) : null}
                {of.time !== '' ? <Fact name={t('signature.time')}><Time at={of.time} is_whole /></Fact> : null}
                <Fact name={t('signature.certificate')}>{t(of.has_certificate ? 'yes' : 'no')}</Fact>
                <Fact name={t('signature.log')}>{t(of.has_log ? 'yes' : 'no')}</Fact>
            </dl>
        </>
    );
}
