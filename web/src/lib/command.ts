// command.ts: the commands that people copy: complete, and for what a
// repository holds.

export interface Client {
    id: string;
    name: string;
}

export type Kind = 'image' | 'chart' | 'artifact';

const CLIENTS: Record<Kind, Client[]> = {
    image: [
        { id: 'docker', name: 'Docker' },
        { id: 'podman', name: 'Podman' },
        { id: 'nerdctl', name: 'nerdctl' },
        { id: 'skopeo', name: 'skopeo' },
        { id: 'crane', name: 'crane' },
    ],
    chart: [{ id: 'helm', name: 'Helm' }, { id: 'oras', name: 'ORAS' }],
    artifact: [{ id: 'oras', name: 'ORAS' }, { id: 'skopeo', name: 'skopeo' }],
};

/** What a manifest is, by the type of its artifact and its own. */
export function kindOf(artifact: string | null | undefined, media: string | null | undefined): Kind {
    if (artifact === 'application/vnd.cncf.helm.config.v1+json') {
        return 'chart';
    }
    const is_image = !artifact || artifact === 'application/vnd.oci.image.config.v1+json'
        || artifact === 'application/vnd.docker.container.image.v1+json'
        || /image\.index|manifest\.list/.test(media ?? '');
    return is_image ? 'image' : 'artifact';
}

export const clientsOf = (kind: Kind): Client[] => CLIENTS[kind];

/** "registry/name:tag" or "registry/name@digest". */
export function reference(registry: string, name: string, tag: string | null, digest?: string): string {
    return `${registry}/${name}${tag !== null ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/** What a shell must not read as more than one word; tags and names need none. */
function quoted(word: string): string {
    return /^[\w.:@/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that pulls; tag null: by digest alone. */
export function pull(client: string, registry: string, name: string,
                     tag: string | null, digest?: string): string {
    const ref = quoted(reference(registry, name, tag, digest));
    const local = name.slice(name.lastIndexOf('/') + 1);
    const last = quoted(`${local}${tag !== null ? `:${tag}` : ''}`);
    switch (client) {
    case 'skopeo':
        // skopeo takes a tag or a digest
        return `skopeo copy docker://${quoted(reference(registry, name, digest ? null : tag, digest))} `
            + `oci:${last}`;
    case 'crane':
        return `crane pull ${ref} ${quoted(local)}.tar`;
    case 'helm':
        return `helm pull oci://${quoted(`${registry}/${name}`)}${digest ? `@${digest}` : ''}`
            + (tag !== null && !digest ? ` --version ${quoted(tag.replaceAll('_', '+'))}` : '');
    default:
        return `${client} pull ${ref}`;
    }
}

/** The command that logs in. */
export function logIn(client: string, registry: string): string {
    const words: Record<string, string> = {
        skopeo: 'skopeo login',
        crane: 'crane auth login',
        helm: 'helm registry login',
    };
    return `${words[client] ?? `${client} login`} ${quoted(registry)}`;
}

/** What makes a repository that has nothing yet. */
export function push(registry: string, name: string): string[] {
    const ref = quoted(reference(registry, name, 'latest'));
    return [`docker login ${quoted(registry)}`, `docker tag IMAGE ${ref}`, `docker push ${ref}`];
}
