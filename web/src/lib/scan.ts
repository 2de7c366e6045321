// scan.ts: what scanners found: reports of SARIF and of Trivy's JSON.

import { at, dict, list, text, type Json } from './json';

export const severities = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
    id: string;
    severity: Severity;
    package: string;
    installed: string;
    fixed: string;
    title: string;
    link: string;
}

export interface Report {
    tool: string;
    created: string;
    findings: Finding[];
    is_cut: boolean;
}

const FINDINGS_MAX = 100_000;

/** CVSS's bounds, as GitHub reads "security-severity". */
function ofScore(score: number): Severity {
    return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'unknown';
}

function ofWord(word: string): Severity {
    const lower = word.toLowerCase();
    return severities.find((one) => one === lower) ?? 'unknown';
}

const LEVELS = new Map<string, Severity>([['error', 'high'], ['warning', 'medium'], ['note', 'low']]);

function ofSarif(result: Json, rules: Json[], by: Map<string, Json>): Finding {
    const index = at(result, 'ruleIndex');
    const id = text(at(result, 'ruleId'));
    const rule = (typeof index === 'number' ? rules[index] : undefined) ?? by.get(id);
    const score = Number(at(rule, 'properties', 'security-severity'));
    const level = text(at(result, 'level')) || text(at(rule, 'defaultConfiguration', 'level')) || 'warning';
    const place = list(at(result, 'locations'))[0];
    return {
        id: id || text(at(rule, 'id')),
        severity: Number.isFinite(score) && score > 0 ? ofScore(score) : LEVELS.get(level) ?? 'unknown',
        package: text(at(place, 'physicalLocation', 'artifactLocation', 'uri')),
        installed: '',
        fixed: '',
        title: text(at(result, 'message', 'text')) || text(at(rule, 'shortDescription', 'text')),
        link: text(at(rule, 'helpUri')),
    };
}

function sarif(document: Json): Report {
    const findings: Finding[] = [];
    const runs = list(at(document, 'runs'));
    for (const run of runs) {
        const rules = list(at(run, 'tool', 'driver', 'rules'));
        const by = new Map(rules.map((rule) => [text(at(rule, 'id')), rule]));
        for (const result of list(at(run, 'results')).slice(0, FINDINGS_MAX - findings.length)) {
            findings.push(ofSarif(result, rules, by));
        }
    }
    const driver = at(runs[0], 'tool', 'driver');
    const total = runs.reduce<number>((sum, run) => sum + list(at(run, 'results')).length, 0);
    return {
        tool: [text(at(driver, 'name')), text(at(driver, 'version'))].join(' ').trim(),
        created: text(at(list(at(runs[0], 'invocations'))[0], 'endTimeUtc')),
        findings,
        is_cut: total > findings.length,
    };
}

const ofTrivy = (one: Json): Finding => ({
    id: text(at(one, 'VulnerabilityID')),
    severity: ofWord(text(at(one, 'Severity'))),
    package: text(at(one, 'PkgName')),
    installed: text(at(one, 'InstalledVersion')),
    fixed: text(at(one, 'FixedVersion')),
    title: text(at(one, 'Title')) || text(at(one, 'Description')).slice(0, 300),
    link: text(at(one, 'PrimaryURL')),
});

function trivy(document: Json): Report {
    const all = list(at(document, 'Results')).flatMap((result) => list(at(result, 'Vulnerabilities')));
    return {
        tool: ['Trivy', text(at(document, 'Trivy', 'Version'))].join(' ').trim(),
        created: text(at(document, 'CreatedAt')),
        findings: all.slice(0, FINDINGS_MAX).map(ofTrivy),
        is_cut: all.length > FINDINGS_MAX,
    };
}

/** null: it is no report of these kinds.  The worst findings come first. */
export function reportOf(document: Json): Report | null {
    const of = dict(document);
    const report = Array.isArray(of['runs']) ? sarif(document)
        : 'SchemaVersion' in of && ('Results' in of || 'ArtifactName' in of) ? trivy(document) : null;
    report?.findings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
    return report;
}
