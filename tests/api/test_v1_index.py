"""The Index of the original protocol: repositories, lists of images, tokens
(the pages of the protocol are docs/v1.md)."""

import json
import pathlib
import threading

import pytest

from index_v1_house import (IDS, SUM, V1Index, by, error, images,
                            shared_index, token_of)
from testenv.process import wait_until

ANONYMOUS = [("Authorization", "Basic Og==")]


@pytest.fixture(scope="module")
def v1(database_server):
    yield from shared_index(database_server, "alice", "bob", "carol")


def public(v1, name):
    v1.worker.command("repository", "set-visibility", name, "public")


# --- a push, and a pull ------------------------------------------------------

def test_a_push_from_its_beginning_to_its_end(v1):
    answer = v1.allocate("alice", "alice/push", IDS)
    assert (answer.status, answer.body) == (200, b'""')
    token, repository, access = token_of(answer)
    assert (repository, access) == ("alice/push", "write")
    assert v1.grants(token) == {"repository:alice/push": "pull,push"}
    assert answer.headers.get_all("X-Docker-Endpoints") == [
        "127.0.0.1:%d" % v1.client.port]
    assert v1.verify("alice/push", by(answer)) == [200, 200]
    answer = v1.finish("alice", "alice/push", images(*IDS, checksum=SUM))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("Content-Length") is None
    answer = v1.images("alice/push", "alice")
    assert answer.json() == images(*IDS, checksum=SUM)
    assert answer.header("Content-Type") == "application/json"
    assert token_of(answer)[1:] == ("alice/push", "read")
    assert v1.grants(token_of(answer)[0]) == {
        "repository:alice/push": "pull"}


def test_memcached_gets_the_verdict(v1):
    def holds():
        return v1.holds(token_of(v1.allocate("alice", "alice/held"))[0])
    wait_until(holds, 60, "memcached to hold a verdict")


@pytest.mark.parametrize("says", [None, "false", "1", ""])
def test_no_token_where_none_is_asked_for(v1, says):
    headers = [] if says is None else [("X-Docker-Token", says)]
    for answer in (
            v1.call("PUT", "repositories/alice/quiet/", "alice", [],
                   headers=headers, wants=False),
            v1.images("alice/quiet", "alice", headers=headers, wants=False)):
        assert answer.status == 200
        assert token_of(answer) is None
        assert answer.header("X-Docker-Endpoints") is not None


def test_a_bare_name_is_that_of_library(v1):
    v1.worker.command("organization", "add", "solo", "alice")
    for name in ("solo", "library/solo"):
        answer = v1.allocate("alice", name, IDS[:1])
        assert token_of(answer)[1] == "solo"
        assert v1.verify("library/solo", by(answer)) == [200, 200]
        assert v1.verify("solo", by(answer)) == [200, 200]
        assert v1.images(name, "alice").json() == images(IDS[0])
        said = by(answer)[0][1].replace('"solo"', '"library/solo"')
        assert v1.verify("solo", [("Authorization", said)]) == [200, 200]


def test_the_slash_at_the_end_is_optional(v1):
    assert v1.call("PUT", "repositories/alice/slash", "alice",
                  []).status == 200
    assert v1.call("GET", "users", "alice").status == 200
    assert v1.call("GET", "users/", "alice").status == 200


def test_head_is_answered_as_get(v1):
    v1.allocate("alice", "alice/head")
    answer = v1.client.head("/v1/repositories/alice/head/images",
                            v1.headers("alice"))
    assert (answer.status, answer.body) == (200, b"")


def test_endpoints_have_a_line_each(v1):
    answer = v1.allocate("alice", "alice/ends", headers=[
        ("X-Endpoints", "one.test:5000, two.test,[::1]:5000")])
    assert answer.headers.get_all("X-Docker-Endpoints") == [
        "one.test:5000", "two.test", "[::1]:5000"]


# --- lists of images ---------------------------------------------------------

def test_lists_are_merged(v1):
    """New ones come first; none goes; a checksum stays where none comes."""
    name = "alice/merge"
    v1.allocate("alice", name, IDS[:1])
    v1.finish("alice", name, images(IDS[0], checksum=SUM))
    other = "sha256:" + "7" * 64
    assert v1.finish("alice", name, [
        {"id": IDS[1]}, {"id": IDS[2], "checksum": ""},
        {"id": IDS[1], "checksum": other},
        {"id": IDS[1], "checksum": SUM}]).status == 204
    assert v1.images(name, "alice").json() == [
        {"id": IDS[1], "checksum": other}, {"id": IDS[2]},
        {"id": IDS[0], "checksum": SUM}]
    assert v1.finish("alice", name, images(IDS[0])).status == 204
    assert v1.images(name, "alice").json() == [
        {"id": IDS[0], "checksum": SUM}, {"id": IDS[1], "checksum": other},
        {"id": IDS[2]}]
    before = v1.images(name, "alice").json()
    assert v1.finish("alice", name, []).status == 204
    assert v1.images(name, "alice").json() == before


def test_no_tag_is_ever_listed(v1):
    v1.call("PUT", "repositories/alice/tagged/", "alice",
           [{"id": IDS[0], "Tag": "latest", "more": {"x": [1]}}])
    assert v1.images("alice/tagged", "alice").json() == images(IDS[0])


def test_a_repository_without_ids_has_an_empty_list(v1):
    public(v1, "alice/other-protocol")
    for login in (None, "bob"):
        answer = v1.images("alice/other-protocol", login)
        assert (answer.status, answer.body) == (200, b"[]")


def test_a_list_is_bounded(v1):
    name, many = "alice/bounded", ["%064x" % n for n in range(4097)]
    assert error(v1.allocate("alice", name, many), 400)
    assert v1.allocate("alice", name, many[:4096]).status == 200
    v1.allocate("alice", name, many[4096:])
    listed = [one["id"] for one in v1.images(name, "alice").json()]
    assert listed == [many[4096]] + many[:4095]
    assert v1.worker.database.sql(
        "SELECT COUNT(*) FROM image_v1 i JOIN repository r"
        " ON r.id = i.repository_id WHERE r.name = '%s'" % name) == [["4096"]]
    assert error(v1.allocate("alice", name, many * 4), 413)


@pytest.mark.parametrize("body", [
    b"", b"{", b"{}", b'"x"', b"[1]", b'[{"id": 1}]', b'[{}]', b"[null]",
    b'[{"id": "xyz"}]', json.dumps([{"id": "A" * 64}]).encode(),
    json.dumps([{"id": "a" * 63}]).encode(),
    json.dumps([{"id": "a" * 65}]).encode(),
    json.dumps([{"id": IDS[0], "checksum": 1}]).encode(),
    json.dumps([{"id": IDS[0], "checksum": "x y"}]).encode(),
    json.dumps([{"id": IDS[0], "checksum": "x" * 256}]).encode(),
    b"[" * 100000, b'[{"id": "\xff"}]', b"[" + b"1," * 300000 + b"1]"])
def test_a_bad_list_is_refused(v1, body):
    v1.allocate("alice", "alice/bad", IDS[:1])
    for path in ("repositories/alice/bad/", "repositories/alice/bad/images"):
        assert error(v1.call("PUT", path, "alice", body), 400)
    assert v1.images("alice/bad", "alice").json() == images(IDS[0])


@pytest.mark.parametrize("name", [
    "alice/UP", "alice/a..b", "alice/-a", "-a", "alice//a", "alice/%61",
    "alice/a%2fb", "alice/" + "a" * 256, "alice/a_", "..", "alice/$x"])
def test_a_bad_name_is_refused(v1, name):
    answer = v1.client.request("PUT", "/v1/repositories/" + name + "/",
                               v1.headers("alice"), b"[]")
    if name == "..":
        assert answer.status in (400, 404)
    else:
        assert error(answer, 400)


def test_paths_and_methods_that_are_none(v1):
    for path in ("", "nothing", "repositories", "images/" + IDS[0] + "/json",
                 "repositories/alice/x/tags"):
        assert error(v1.call("GET", path, "alice"), 404)
    answer = v1.call("POST", "repositories/alice/x/images", "alice", [])
    assert error(answer, 405)
    assert answer.header("Allow") == "GET, HEAD, PUT, DELETE"
    assert error(v1.call("OPTIONS", "users", "alice"), 405)


def test_images_of_one_repository_pushed_at_once(v1):
    name, answers = "alice/race", []
    ids = ["%064x" % (n << 8) for n in range(8)]

    def push(one):
        answers.append(v1.allocate("alice", name, [one]).status)
        answers.append(v1.finish("alice", name,
                                 images(one, checksum=SUM)).status)

    threads = [threading.Thread(target=push, args=[one]) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 8 + [204] * 8
    listed = v1.images(name, "alice").json()
    assert sorted(one["id"] for one in listed) == ids
    assert all(one["checksum"] == SUM for one in listed)


# --- what a registry asks ----------------------------------------------------

def test_every_kind_of_token_is_good_for_its_repository(v1):
    v1.allocate("alice", "alice/kinds", IDS[:1])
    tokens = [v1.images("alice/kinds", "alice"),
              v1.allocate("alice", "alice/kinds"),
              v1.call("DELETE", "repositories/alice/kinds/images", "alice")]
    assert [token_of(one)[2] for one in tokens] == ["read", "write", "delete"]
    assert tokens[2].status == 204
    assert v1.grants(token_of(tokens[2])[0]) == {
        "repository:alice/kinds": "pull,delete"}
    for one in tokens:
        header = by(one)
        assert v1.verify("alice/kinds", header) == [200, 200]
        assert v1.verify("alice/other", header) == [401, 403]
        answer = v1.client.get("/v1/repositories/alice/kinds/images",
                               header + [("X-Docker-Token", "true")])
        assert answer.json() == images(IDS[0])
        # a token that bought the next one would never end
        assert token_of(answer) is None
        answer = v1.client.put("/v1/repositories/alice/kinds/auth", header)
        assert answer.body == b'"OK"'


def test_a_token_is_read_as_clients_write_it(v1):
    value = v1.allocate("alice", "alice/write").header("X-Docker-Token")
    token = token_of(v1.allocate("alice", "alice/write"))[0]
    for text in ("Token " + value, "token " + value, "Token Token " + value,
                 "Token signature=" + token):
        assert v1.verify("alice/write", [("Authorization", text)]) == [
            200, 200], text
    for text in ("Token ", "Token", "Token x", "Token " + value[:-40],
                 value.replace("alice/write", "alice/else").join(
                     ["Token ", ""]),
                 "Token signature=%sx" % token, "Token signature=" + token[:-1],
                 "Bearer " + token, "Digest " + value):
        assert v1.verify("alice/write", [("Authorization", text)]) in (
            [401, 403], [401, 401]), text


def test_what_a_token_says_of_itself_grants_nothing(v1):
    """A token of one's own repository with the name of another one."""
    v1.allocate("alice", "alice/secret")
    mine = v1.allocate("bob", "bob/app").header("X-Docker-Token")
    for text in (mine, mine.replace("bob/app", "alice/secret"),
                 mine.split(",")[0]):
        assert v1.verify("alice/secret", [
            ("Authorization", "Token " + text)]) == [401, 403]


def test_tokens_of_the_other_protocol_with_more_than_one_grant(v1):
    token = v1.token("alice", "repository:alice/a:pull,push",
                     "repository:alice/b:pull")
    assert v1.verify("alice/a", [
        ("Authorization", "Token signature=" + token)]) == [401, 403]
    token = v1.token("bob", "repository:alice/a:pull")
    assert v1.verify("alice/a", [
        ("Authorization", "Token signature=" + token)]) == [401, 403]


def test_whether_a_layer_belongs_to_the_repository(v1):
    header = by(v1.allocate("alice", "alice/layers", IDS[:1]))
    v1.allocate("alice", "alice/foreign", IDS[1:])
    for one, is_there in ((IDS[0], True), (IDS[1], False)):
        path = "/v1/repositories/alice/layers/layer/%s/access" % one
        assert v1.client.get(path, header).json() == {"access": is_there}
        assert error(v1.client.get(path), 401)
        assert error(v1.client.get(path, v1.headers("alice")), 401)
        assert error(v1.client.get(
            path.replace("alice/layers", "alice/foreign"), header), 401)
    assert error(v1.client.get(
        "/v1/repositories/alice/layers/layer/x/access", header), 404,
        "Invalid image ID")


def test_only_a_token_is_checked(v1):
    v1.allocate("alice", "alice/app")
    for headers in ([], v1.headers("alice"), ANONYMOUS):
        assert error(v1.client.put("/v1/repositories/alice/app/auth", headers),
                     401)


# --- tokens end --------------------------------------------------------------

def test_a_lost_right_ends_tokens(v1):
    v1.worker.command("repository", "set-visibility", "alice/lost", "private")
    v1.worker.command("collaborator", "set", "alice/lost", "bob", "write")
    tokens = [by(v1.allocate("bob", "alice/lost")),
              by(v1.images("alice/lost", "bob"))]
    for one in tokens:
        assert v1.verify("alice/lost", one) == [200, 200]
    v1.worker.command("collaborator", "remove", "alice/lost", "bob")
    for one in tokens:
        assert v1.verify("alice/lost", one) == [401, 403]
    assert error(v1.images("alice/lost", "bob"), 404)
    assert error(v1.allocate("bob", "alice/lost"), 403)


def test_a_new_password_ends_tokens(v1):
    v1.add("dave")
    header = by(v1.allocate("dave", "dave/app"))
    v1.passwd("dave", "davedave")
    assert v1.verify("dave/app", header) == [401, 403]
    v1.worker.command("account", "disable", "dave")
    assert error(v1.allocate("dave", "dave/app"), 401)


def test_what_becomes_private_ends_tokens_of_strangers(v1):
    public(v1, "alice/open")
    header = by(v1.images("alice/open"))
    assert v1.verify("alice/open", header) == [200, 200]
    v1.worker.command("repository", "set-visibility", "alice/open", "private")
    assert v1.verify("alice/open", header) == [401, 403]
    assert error(v1.images("alice/open"), 404, "Repository not found")


# --- who may what ------------------------------------------------------------

# What each caller is answered: GET images, PUT repository, PUT images, DELETE
# images, DELETE repository (by who may not), by the role that it has.
READER, WRITER = [200, 403, 403, 403, 403], [200, 200, 204, 403, 403]
STRANGER = [404, 403, 403, 404, 404]
NO_ONE = {"public": [200, 401, 401, 401, 401],
          "private": [404, 401, 401, 401, 401]}
WRONG = [401, 401, 403, 401, 401]
ROWS = {
    ("public", "none"): READER, ("private", "none"): STRANGER,
    ("internal", "none"): READER, ("unlisted", "none"): READER,
    ("private", "read"): READER, ("private", "write"): WRITER,
    ("public", "write"): WRITER,
}


def asked(v1, name, **how):
    listed = images(IDS[0])
    return [v1.call(method, path % name, body=body, **how) for method, path, body
            in (("GET", "repositories/%s/images", None),
                ("PUT", "repositories/%s/", listed),
                ("PUT", "repositories/%s/images", listed),
                ("DELETE", "repositories/%s/images", None),
                ("DELETE", "repositories/%s/", None))]


def statuses(answers):
    for answer in answers:
        if answer.status >= 400:
            error(answer, answer.status)
            assert IDS[0] not in answer.body.decode()
    return [answer.status for answer in answers]


@pytest.mark.parametrize("visibility, role", ROWS)
def test_rights(v1, visibility, role):
    name = "alice/of-%s-%s" % (visibility, role)
    v1.worker.command("repository", "set-visibility", name, visibility)
    if role != "none":
        v1.worker.command("collaborator", "set", name, "bob", role)
    assert statuses(asked(v1, name, login="bob")) == ROWS[visibility, role]
    is_open = visibility in ("public", "unlisted")
    no_one = NO_ONE["public" if is_open else "private"]
    assert statuses(asked(v1, name)) == no_one
    assert statuses(asked(v1, name, headers=ANONYMOUS, login=None)) == no_one
    assert statuses(asked(v1, name, login="bob",
                          password="wrong password")) == WRONG
    assert statuses(asked(v1, name, login="nemo",
                          password="wrong password")) == WRONG


def test_an_admin_of_the_repository(v1):
    v1.worker.command("repository", "set-visibility", "alice/kept", "private")
    v1.worker.command("collaborator", "set", "alice/kept", "bob", "admin")
    assert statuses(asked(v1, "alice/kept", login="bob")) == [
        200, 200, 204, 204, 202]


def test_what_is_hidden_looks_like_what_is_not_there(v1):
    """Bodies and headers are the same, but for the date."""
    v1.allocate("alice", "alice/hidden", IDS)
    for how in ({"login": "bob"}, {}, {"login": "bob", "password": "no no no"}):
        there, gone = (
            [(one.status, one.body, [line for line in one.headers.items()
                                     if line[0] != "Date"]) for one
             in asked(v1, name, **how)]
            for name in ("alice/hidden", "alice/nothing"))
        assert there == gone


def test_a_namespace_of_no_one_is_for_administrators(v1):
    v1.add("root", "--admin")
    assert error(v1.allocate("bob", "fresh"), 403)
    assert error(v1.allocate("bob", "fresh/app"), 403)
    assert v1.allocate("root", "fresh").status == 200
    assert v1.allocate("root", "fresh/app").status == 200
    assert error(v1.images("fresh/app", "bob"), 404)


def test_a_new_repository_is_as_its_namespace_says(v1):
    v1.add("erin")
    v1.allocate("erin", "erin/hidden")
    assert error(v1.images("erin/hidden"), 404)
    v1.worker.command("namespace", "set-visibility", "erin", "public")
    v1.allocate("erin", "erin/shown")
    assert v1.images("erin/shown").status == 200


# --- credentials of other kinds ----------------------------------------------

def test_an_access_token_is_a_password(v1):
    def made(*flags):
        return v1.worker.command("access-token", "add", "carol", *flags
                                 ).split()[-1]
    push = made("push", "--actions", "pull,push", "--repositories",
                "carol/app*")
    pull = made("pull", "--actions", "pull")
    assert v1.call("GET", "users/", "carol", password=push).status == 200
    assert v1.allocate("carol", "carol/app", password=push).status == 200
    assert v1.finish("carol", "carol/app", password=push).status == 204
    assert error(v1.allocate("carol", "carol/else", password=push), 403)
    v1.allocate("carol", "carol/else")
    assert error(v1.images("carol/else", "carol", password=push), 404)
    assert error(v1.allocate("carol", "carol/app", password=pull), 403)
    answer = v1.images("carol/app", "carol", password=pull)
    assert v1.verify("carol/app", by(answer)) == [200, 200]
    assert error(v1.delete("carol", "carol/app", password=push), 403)
    assert error(v1.call("PUT", "users/carol/", "carol",
                        {"password": "another password"}, password=push), 403)
    assert error(v1.call("GET", "users/", "alice", password=push), 401)


def test_secrets_are_in_no_log(house):
    v1 = V1Index(house, "alice")
    answer = v1.allocate("alice", "alice/logged")
    v1.allocate("alice", "alice/logged", password="a very wrong one")
    v1.call("POST", "users/", None, {
        "username": "alice", "password": "some secret", "email": "a@b.c"})
    assert v1.verify("alice/logged", by(answer)) == [200, 200]
    logs = [path for path in pathlib.Path(house.dir).rglob("*.log")]
    texts = "".join(path.read_text(errors="replace") for path in logs)
    assert "login" in texts or len(logs) > 1
    for secret in (token_of(answer)[0], "a very wrong one", "some secret",
                   "alicealice"):
        assert secret not in texts


def test_the_service_must_be_named(house):
    made = V1Index(house, "alice")
    conf = made.nginx.conf.read_text()
    made.nginx.conf.write_text(conf.replace(
        "set $registry_service registry.test;",
        "set $registry_service '';", 1))
    made.nginx.reload()
    house.expect("INDEX_SERVICE is missing")
    wait_until(lambda: made.call("GET", "users/", "alice").status == 500, 60,
               "the new configuration")
