"""What a receiver of events and snapshots makes of them, by docs/events.md
and nothing else, and what a store holds by docs/layout.md.

    mirror = Mirror()
    mirror.apply(spooled(house))
    assert mirror.holds() == truth(store)"""

import json

from .images import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

MANIFESTS = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
REFERENCES_MAX = 8000
FACTS = ("mediaType", "size", "contentSize", "artifactType", "subject",
         "references")


def facts(said):
    return {key: said[key] for key in FACTS if key in said}


class Mirror:
    def __init__(self):
        self.repositories = {}
        self.ends = 0
        self._seen = set()
        self._run = None
        self._named = set()

    def apply(self, events):
        for event in events:
            if event["id"] not in self._seen:
                self._seen.add(event["id"])
                self._take(event)
        return self

    def holds(self):
        """{repository: (manifests, tags)} of those that hold anything."""
        return {name: (manifests, tags) for name, (manifests, tags)
                in self.repositories.items() if manifests or tags}

    def _take(self, event):
        target = event.get("target", {})
        if "repository" in target:
            self._named.add(target["repository"])
            manifests, tags = self.repositories.setdefault(
                target["repository"], ({}, {}))
        if event["action"] == "push" and target["mediaType"] in MANIFESTS:
            manifests[target["digest"]] = facts(target)
            if "tag" in target:
                tags[target["tag"]] = target["digest"]
        elif event["action"] == "delete" and "mediaType" not in target:
            tags.pop(target.get("tag"), None)
            manifests.pop(target.get("digest"), None)
        elif event["action"] == "snapshot":
            said = event["snapshot"]
            if said["of"] == "begin":
                self._run, self._named = said["run"], set()
            elif said["of"] == "end":
                self._end(said["run"])
            elif said["of"] == "manifests":
                self._page(manifests, said, {item["digest"]: facts(item)
                                             for item in said["items"]})
            else:
                self._page(tags, said, {item["name"]: item["digest"]
                                        for item in said["items"]})

    @staticmethod
    def _page(known, said, items):
        for name in list(known):
            if is_covered(name, said):
                del known[name]
        known.update(items)

    def _end(self, run):
        if run == self._run:
            self.ends += 1
            self.repositories = {name: each for name, each
                                 in self.repositories.items()
                                 if name in self._named}


def is_covered(name, said):
    return (name > said["after"]) and (not said["to"] or name <= said["to"])


# --- the store -------------------------------------------------------------------


def manifest_facts(data):
    model = json.loads(data)
    made = {"size": len(data), "mediaType": model.get("mediaType") or (
        OCI_INDEX if "manifests" in model else OCI_MANIFEST)}
    if "config" in model:
        made["contentSize"] = sum(
            part["size"] for part in [model["config"], *model["layers"]])
    parts = ([model["config"]] if "config" in model else []) + model.get(
        "layers", model.get("manifests", []))
    references = [{key: part[key] for key in (
        "mediaType", "size", "digest", "platform") if key in part}
        for part in parts]
    references += [{"digest": part["blobSum"]}
                   for part in model.get("fsLayers", [])]
    size = sum(len(json.dumps(part, separators=(",", ":"))) + 1
               for part in references)
    if references and size <= REFERENCES_MAX:
        made["references"] = references
    kind = model.get("artifactType") or model.get("config", {}).get(
        "mediaType")
    if kind:
        made["artifactType"] = kind
    if "subject" in model:
        made["subject"] = model["subject"]["digest"]
    return made


def truth(store):
    """What a Mirror should hold."""
    found = {}
    for directory in store.v2.glob("repositories/**/_manifests"):
        name = str(directory.parent.relative_to(store.v2 / "repositories"))
        manifests, tags = {}, {}
        for link in directory.glob("revisions/*/*/link"):
            data = store.blob(link.read_text())
            if data.exists():
                manifests["%s:%s" % link.parts[-3:-1]] = manifest_facts(
                    data.read_bytes())
        for link in directory.glob("tags/*/current/link"):
            tags[link.parts[-3]] = link.read_text()
        if manifests or tags:
            found[name] = (manifests, tags)
    return found


# --- the form --------------------------------------------------------------------


def check_form(events, is_whole=True):
    """That the snapshots of one run are as the contract says; is_whole: and
    leave nothing out.  The names of the repositories, in order."""
    first, *pages, last = events
    run = first["snapshot"]["run"]
    assert (first["snapshot"], last["snapshot"]) == (
        {"run": run, "of": "begin"}, {"run": run, "of": "end"})
    assert "target" not in first and "target" not in last
    ids = {event["id"] for event in events}
    assert len(ids) == len(events)
    names, open_page = [], ("tags", "")
    for page in pages:
        assert set(page) == {"id", "timestamp", "action", "source", "target",
                             "snapshot"}
        assert set(page["target"]) == {"repository"}
        said, name = page["snapshot"], page["target"]["repository"]
        assert set(said) == {"run", "of", "after", "to", "items"}
        assert said["run"] == run and len(json.dumps(page)) < 32 * 1024
        if not names or names[-1] != name:
            assert not is_whole or open_page == ("tags", "")
            names.append(name)
            expected = ("manifests", "")
        elif open_page == ("manifests", ""):
            expected = ("tags", "")
        else:
            expected = open_page
        if is_whole:
            assert (said["of"], said["after"]) == expected, page
        key = "digest" if said["of"] == "manifests" else "name"
        items = [item[key] for item in said["items"]]
        assert items == sorted(set(items), key=str.encode)
        assert all(is_covered(item, said) for item in items)
        open_page = (said["of"], said["to"])
    assert not is_whole or open_page == ("tags", "")
    assert len(names) == len(set(names))
    return names
