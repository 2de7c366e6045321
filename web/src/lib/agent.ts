// agent.ts: a browser and its system, of a User-Agent.

// the first that matches: those that name others as well come before them
const BROWSERS: [RegExp, string][] = [
    [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
    [/\b(?:OPR|Opera)\//, 'Opera'],
    [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
    [/\b(?:Chrome|Chromium|HeadlessChrome|CriOS)\//, 'Chrome'],
    [/\bSafari\//, 'Safari'],
    [/^([\w.-]{1,40})\//, ''],
];
const SYSTEMS: [RegExp, string][] = [
    [/\bAndroid\b/, 'Android'],
    [/\b(?:iPhone|iPad)\b/, 'iOS'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bLinux\b/, 'Linux'],
];

/** "Firefox – Linux"; null: it says nothing. */
export function agentName(agent: string): string | null {
    const browser = BROWSERS.find(([pattern]) => pattern.test(agent));
    const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
    const name = browser === undefined ? undefined : browser[1] || browser[0].exec(agent)![1];
    return [name, system].filter((part) => part !== undefined).join(' – ') || null;
}
