// What docker-registry-client sees of a registry of the original protocol:
// node v1.js DIRECTORY '{"host": "127.0.0.1:5001", "command": "pull", ...}'
// prints one JSON object, {"error": ...} where the client gave up.

'use strict';

const crypto = require('crypto');
const path = require('path');
const client = require(path.join(
    process.argv[2], 'node_modules', 'docker-registry-client'));
const wanted = JSON.parse(process.argv[3]);

function promise(call) {
    return new Promise((resolve, reject) => {
        call((error, value) => error ? reject(error) : resolve(value));
    });
}

function open(repository) {
    return client.createClientV1({
        name: wanted.host + '/' + repository, scheme: 'http', insecure: true,
        username: wanted.login, password: wanted.password,
        log: require(path.join(process.argv[2], 'node_modules', 'bunyan'))
            .createLogger({name: 'v1', level: 'fatal'})
    });
}

async function layer(opened, imgId) {
    const stream = await promise(
        next => opened.getImgLayerStream({imgId: imgId}, next));
    const hash = crypto.createHash('sha256');
    let size = 0;
    await new Promise((resolve, reject) => {
        stream.on('data', piece => { hash.update(piece); size += piece.length; });
        stream.on('end', resolve);
        stream.on('error', reject);
        stream.resume();
    });
    return {status: stream.statusCode, size: size, sha256: hash.digest('hex')};
}

const commands = {
    login: () => promise(next => client.loginV1({
        index: 'http://' + wanted.host, username: wanted.login,
        password: wanted.password, email: 'a@b.example'}, next)),
    search: opened => promise(
        next => opened.search({term: wanted.term}, next)),
    pull: async opened => {
        const found = {
            ping: await promise(next => opened.ping(next)),
            images: await promise(next => opened.listRepoImgs(next)),
            tags: await promise(next => opened.listRepoTags(next)),
            json: {}, layers: {}
        };
        found.id = await promise(
            next => opened.getImgId({tag: wanted.tag}, next));
        found.ancestry = await promise(
            next => opened.getImgAncestry({imgId: found.id}, next));
        for (const id of found.ancestry) {
            found.json[id] = await promise(
                next => opened.getImgJson({imgId: id}, next));
            found.layers[id] = await layer(opened, id);
        }
        return found;
    }
};

async function main() {
    const opened = open(wanted.repository || 'any/thing');
    try {
        return await commands[wanted.command](opened);
    } catch (error) {
        return {error: error.message, status: error.statusCode};
    } finally {
        opened.close();
    }
}

main().then(found => console.log(JSON.stringify(found)));
