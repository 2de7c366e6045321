"""Every route of the API, asked by every kind of caller, for repositories of
every visibility.  A route without a row here fails.

A row says what each caller is answered: a status, or for routes with a
{repository} a status for each of VISIBILITIES.  Callers of whom it says nothing
are answered as who is less than they are: CALLERS has the order."""

import uuid

import pytest

from testenv.api import ApiHouse, encoded

# anonymous: no credentials.  stranger: an account with no right in what is
# asked for.  member: of the organization acme, with no right in what is
# owner's.  owner: the account whose namespace, repository or thing it is.
# admin: an administrator of the installation.
CALLERS = ("anonymous", "stranger", "member", "owner", "admin")
VISIBILITIES = ("public", "unlisted", "internal", "private")


class Row:
    """statuses: caller -> status, or -> {visibility: status}.  body and params
    (of the path) are values, or functions of the world; they are made for each
    request."""

    def __init__(self, body=None, params=None, headers=None, query="",
                 **statuses):
        self.body, self.params, self.headers = body, params, headers
        self.query = query
        self.statuses = statuses

    def expected(self, caller, visibility):
        for who in reversed(CALLERS[:CALLERS.index(caller) + 1]):
            if who in self.statuses:
                status = self.statuses[who]
                return (status[visibility] if isinstance(status, dict)
                        else status)
        raise AssertionError("the row says nothing of " + caller)


def _value(value, world):
    return value(world) if callable(value) else value


# Of a change: what the caller may not even read is not there.
HIDDEN = {"public": 403, "unlisted": 403, "internal": 403, "private": 404}


def _known(status):
    """Of what any account may do that may read the repository."""
    return {"public": status, "unlisted": status, "internal": status,
            "private": 404}


def _reading(status, **more):
    """Of a route that who may pull may use, and what that is answered."""
    return Row(
        anonymous={"public": status, "unlisted": status, "internal": 401,
                   "private": 401},
        stranger=_known(status), owner=status, admin=_known(status), **more)


ACME = {"namespace": "acme", "team": "builders"}
OF_MEMBERS = {"anonymous": 401, "stranger": 404, "member": 200, "admin": 404,
              "params": ACME}
OF_OWNERS = {"anonymous": 401, "stranger": 404, "member": 403, "owner": 200,
             "admin": 404, "params": ACME}
OF_ADMINS = {"anonymous": 401, "stranger": HIDDEN, "owner": 200,
             "admin": HIDDEN}

ROWS = {
    # meta
    "getDocument": Row(anonymous=200),
    "renderMarkdown": Row(anonymous=401, stranger=200, body={"text": "x"}),
    # session; by Basic, so that there is none
    "getSession": Row(anonymous=200),
    "createSession": Row(anonymous=201, body=lambda world: {
        "login": "owner", "password": world.password("owner")}),
    "deleteSession": Row(anonymous=401, stranger=409),
    "confirmSession": Row(
        anonymous=401, stranger=422, owner=409, admin=422,
        body=lambda world: {"password": world.password("owner")}),
    "listSessions": Row(anonymous=401, stranger=200),
    "endSession": Row(
        anonymous=401, stranger=404, owner=204, admin=404,
        params=lambda world: {"id": world.session_id()}),
    # account
    "getAccount": Row(anonymous=401, stranger=200),
    "editAccount": Row(anonymous=401, stranger=200, headers=[("If-Match", "*")],
                       body={"display_name": "x"}),
    "changePassword": Row(anonymous=401, stranger=422, body={
        "current_password": "wrong", "new_password": "long enough"}),
    # the last administrator stays
    "deleteAccount": Row(anonymous=401, stranger=409, query="?repositories="
                         "transfer&to=unknown"),
    "createAccount": Row(anonymous=403, stranger=403, admin=201,
                         body=lambda world: {"login": world.new_login(),
                                             "password": "long enough"}),
    "listAccounts": Row(anonymous=401, stranger=403, admin=200),
    "getAnyAccount": Row(anonymous=401, stranger=403, owner=403, admin=200),
    "changeAccount": Row(anonymous=401, stranger=403, owner=403, admin=200,
                         body={"is_disabled": False}),
    "deleteAnyAccount": Row(
        anonymous=401, stranger=403, owner=403, admin=204,
        params=lambda world: {"login": world.made_account()}),
    "getProfile": Row(anonymous=401, stranger=200),
    # sign-up invitation
    "listSignUpInvitations": Row(anonymous=401, stranger=403, admin=200),
    "createSignUpInvitation": Row(anonymous=401, stranger=403, admin=201,
                                  body={}),
    "deleteSignUpInvitation": Row(
        anonymous=401, stranger=403, admin=204,
        params=lambda world: {"id": world.invitation_id()}),
    # registry
    "listRegistries": Row(anonymous=401, stranger=403, admin=200),
    "createRegistry": Row(
        anonymous=401, stranger=403, admin=201,
        body=lambda world: {"name": world.new_login(), "kind": "mirror",
                            "endpoint": "a.example"}),
    "getRegistry": Row(
        anonymous=401, stranger=403, admin=200,
        params=lambda world: {"registry": world.map_entry()}),
    "editRegistry": Row(
        anonymous=401, stranger=403, admin=200, headers=[("If-Match", "*")],
        body={"weight": 1},
        params=lambda world: {"registry": world.map_entry()}),
    "deleteRegistry": Row(
        anonymous=401, stranger=403, admin=204,
        params=lambda world: {"registry": world.map_entry()}),
    # audit
    "listAuditEvents": Row(anonymous=401, stranger=200),
    # robot
    "listRobots": Row(anonymous=401, stranger=404, owner=200, admin=404),
    "createRobot": Row(
        anonymous=401, stranger=404, owner=201, admin=404,
        body=lambda world: {"name": world.new_login(), "role": "read"}),
    "getRobot": Row(
        anonymous=401, stranger=404, owner=200, admin=404,
        params=lambda world: {"robot": world.robot()}),
    "editRobot": Row(
        anonymous=401, stranger=404, owner=200, admin=404,
        headers=[("If-Match", "*")], body={"is_disabled": True},
        params=lambda world: {"robot": world.robot()}),
    "rotateRobot": Row(
        anonymous=401, stranger=404, owner=200, admin=404, body={},
        params=lambda world: {"robot": world.robot()}),
    "deleteRobot": Row(
        anonymous=401, stranger=404, owner=204, admin=404,
        params=lambda world: {"robot": world.robot()}),
    "listRepositoryRobots": Row(**OF_ADMINS),
    "createRepositoryRobot": Row(
        **dict(OF_ADMINS, owner=201),
        body=lambda world: {"name": world.new_login(), "role": "read"}),
    "getRepositoryRobot": Row(
        **OF_ADMINS, params=lambda world: {"robot": world.repository_robot()}),
    "editRepositoryRobot": Row(
        **OF_ADMINS, headers=[("If-Match", "*")], body={"is_disabled": True},
        params=lambda world: {"robot": world.repository_robot()}),
    "rotateRepositoryRobot": Row(
        **OF_ADMINS, body={},
        params=lambda world: {"robot": world.repository_robot()}),
    "deleteRepositoryRobot": Row(
        **dict(OF_ADMINS, owner=204),
        params=lambda world: {"robot": world.repository_robot()}),
    # star
    "getStar": _reading(200),
    "addStar": Row(anonymous=401, stranger=_known(204), owner=204,
                   admin=_known(204)),
    "removeStar": Row(anonymous=401, stranger=_known(204), owner=204,
                      admin=_known(204)),
    "listStargazers": _reading(200),
    "listStars": Row(anonymous=401, stranger=200),
    # activity
    "getFollow": _reading(200),
    "addFollow": Row(anonymous=401, stranger=_known(204), owner=204,
                     admin=_known(204)),
    "removeFollow": Row(anonymous=401, stranger=_known(204), owner=204,
                        admin=_known(204)),
    "listFollows": Row(anonymous=401, stranger=200),
    "listActivity": Row(anonymous=401, stranger=200),
    "listRepositoryActivity": _reading(200),
    "listNamespaceActivity": Row(**OF_MEMBERS),
    # comment
    "listComments": _reading(200),
    "createComment": Row(anonymous=401, stranger=_known(201), owner=201,
                         admin=_known(201), body={"text": "x"}),
    "getComment": _reading(
        200, params=lambda world: {"id": world.comment_id()}),
    "editComment": Row(anonymous=401, stranger=HIDDEN, owner=200, admin=HIDDEN,
                       body={"text": "y"}, headers=[("If-Match", "*")],
                       params=lambda world: {"id": world.comment_id()}),
    "deleteComment": Row(anonymous=401, stranger=HIDDEN, owner=204,
                         admin=HIDDEN,
                         params=lambda world: {"id": world.comment_id()}),
    "reportComment": Row(anonymous=401, stranger=_known(204), owner=204,
                         admin=_known(204), body={"reason": "spam"},
                         params=lambda world: {"id": world.comment_id()}),
    "moderateComment": Row(anonymous=401, stranger=HIDDEN, owner=200,
                           admin=HIDDEN, body={"is_hidden": False},
                           params=lambda world: {"id": world.comment_id()}),
    "listCommentReports": Row(anonymous=401, stranger=HIDDEN, owner=200,
                              admin=HIDDEN),
    "listAllCommentReports": Row(anonymous=401, stranger=403, admin=200),
    # search
    "search": Row(anonymous=200, query="?q=app"),
    # namespace: "acme" is an organization of owner and member
    "listNamespaces": Row(anonymous=401, stranger=200, query="?list=mine"),
    "createNamespace": Row(anonymous=401, stranger=201, body=lambda world: {
        "name": world.new_login()}),
    # administrators may list all, so these have nothing to find out here
    "getNamespace": Row(anonymous=404, stranger=404, member=200, params=ACME),
    "editNamespace": Row(headers=[("If-Match", "*")],
                         body={"description": "x"}, **OF_OWNERS),
    "deleteNamespace": Row(anonymous=401, stranger=404, member=404, owner=204,
                           admin=404, params=lambda world: {
                               "namespace": world.organization()}),
    # an admin of the installation has no rights in acme
    "listRemovals": Row(**OF_OWNERS),
    "listSpace": Row(**OF_OWNERS),
    "listNamespaceSpace": Row(anonymous=401, stranger=403, admin=200),
    # member
    "listMembers": Row(**OF_MEMBERS),
    "setMember": Row(body={"role": "member"}, anonymous=401, stranger=404,
                     member=403, owner=200, admin=404,
                     params=dict(ACME, login="member")),
    # an organization keeps an owner
    "removeMember": Row(anonymous=401, stranger=404, member=403, owner=409,
                        admin=404, params=dict(ACME, login="owner")),
    # team
    "listTeams": Row(**OF_MEMBERS),
    "createTeam": Row(body=lambda world: {"name": world.new_login()},
                      **dict(OF_OWNERS, owner=201)),
    "getTeam": Row(**OF_MEMBERS),
    "deleteTeam": Row(**dict(OF_OWNERS, owner=204, params=lambda world: {
        "namespace": "acme", "team": world.team()})),
    "listTeamMembers": Row(**OF_MEMBERS),
    "addTeamMember": Row(**dict(OF_OWNERS, owner=204,
                                params=dict(ACME, login="member"))),
    "removeTeamMember": Row(**dict(OF_OWNERS, owner=404,
                                   params=dict(ACME, login="owner"))),
    # role
    "listRoles": Row(**OF_OWNERS),
    "setRole": Row(body={"team": "builders", "pattern": "*", "role": "read"},
                   **OF_OWNERS),
    "removeRole": Row(query="?team=builders&pattern=none*",
                      **dict(OF_OWNERS, owner=404)),
    "listCollaborators": Row(**OF_ADMINS),
    "setCollaborator": Row(body={"role": "read"},
                           params={"account": "stranger"},
                           **dict(OF_ADMINS, owner=409)),
    "removeCollaborator": Row(params={"account": "stranger"},
                              **dict(OF_ADMINS, owner=404)),
    # a personal namespace has no teams
    "setCollaboratingTeam": Row(body={"role": "read"},
                                **dict(OF_ADMINS, owner=404)),
    "removeCollaboratingTeam": Row(**dict(OF_ADMINS, owner=404)),
    # invitation
    "listNamespaceInvitations": Row(**OF_OWNERS),
    "createNamespaceInvitation": Row(
        body={"login": "admin", "role": "read"}, **dict(OF_OWNERS, owner=201)),
    "deleteNamespaceInvitation": Row(
        **dict(OF_OWNERS, owner=204, params=lambda world: {
            "namespace": "acme", "id": world.offer()})),
    "listRepositoryInvitations": Row(**OF_ADMINS),
    "createRepositoryInvitation": Row(
        body={"login": "admin", "role": "read"},
        **dict(OF_ADMINS, owner=201)),
    "deleteRepositoryInvitation": Row(
        params=lambda world: {"id": world.offer()},
        **dict(OF_ADMINS, owner=404)),
    "listInvitations": Row(anonymous=401, stranger=200),
    "acceptInvitation": Row(
        anonymous=401, stranger=204, member=404,
        params=lambda world: {"id": world.offer()}),
    "declineInvitation": Row(
        anonymous=401, stranger=204, member=404,
        params=lambda world: {"id": world.offer()}),
    # access token
    "listAccessTokens": Row(anonymous=401, stranger=200),
    "createAccessToken": Row(anonymous=401, stranger=201, body={
        "name": "ci", "actions": ["pull"]}),
    "getAccessToken": Row(
        anonymous=401, stranger=404, owner=200, admin=404,
        params=lambda world: {"id": world.access_token_id()}),
    "editAccessToken": Row(
        anonymous=401, stranger=404, owner=200, admin=404, body={"name": "x"},
        headers=[("If-Match", "*")],
        params=lambda world: {"id": world.access_token_id()}),
    "rotateAccessToken": Row(
        anonymous=401, stranger=404, owner=200, admin=404, body={},
        params=lambda world: {"id": world.access_token_id()}),
    "revokeAccessToken": Row(
        anonymous=401, stranger=404, owner=204, admin=404,
        params=lambda world: {"id": world.access_token_id()}),
    # repository, tag, manifest
    "listRepositories": Row(anonymous=200),
    "listAllRepositories": Row(anonymous=200),
    "createRepository": Row(
        anonymous=401, stranger=403, owner=201, admin=403,
        body=lambda world: {"name": "owner/%s" % uuid.uuid4().hex}),
    "getRepository": _reading(200),
    "editRepository": Row(
        anonymous=401, stranger=HIDDEN, owner=200, admin=HIDDEN,
        body={"description": "x"}, headers=[("If-Match", "*")]),
    "deleteRepository": Row(
        anonymous=401, stranger=HIDDEN, owner=202, admin=HIDDEN,
        params=lambda world: {"repository": world.another()}),
    "listTags": _reading(200),
    "listTagNames": _reading(200),
    "getTag": _reading(404),
    "getTagHistory": _reading(404),
    "listManifests": _reading(200),
    "getManifest": _reading(404),
    "getImage": _reading(404),
    "listBlobs": _reading(200),
    "createPullToken": _reading(201),
    "listReferrers": _reading(200),
}


def _webhooks(owner, path, **statuses):
    """Rows of the webhooks of something; statuses: of who may not."""
    who = "admin" if path == "" else "owner"

    def row(status, params=None, **how):
        good = {who: status}
        if who == "owner":
            good["admin"] = statuses["stranger"]
        return Row(anonymous=401, **{**statuses, **good}, params=params, **how)

    def hook(world):
        return {"id": world.webhook(path)}

    def delivery(world):
        return {"id": world.webhook(path), "delivery": world.delivery(path)}

    return {
        "list%sWebhooks" % owner: row(200),
        "create%sWebhook" % owner: row(201, body=HOOK),
        "get%sWebhook" % owner: row(200, hook),
        "edit%sWebhook" % owner: row(200, hook, body={"events": ["push"]},
                                     headers=[("If-Match", "*")]),
        "delete%sWebhook" % owner: row(
            204, lambda world: {"id": world.webhook(path, is_new=True)}),
        "rotate%sWebhook" % owner: row(200, hook, body={}),
        "test%sWebhook" % owner: row(202, hook),
        "redeliver%sWebhookDead" % owner: row(202, hook),
        "list%sWebhookDeliveries" % owner: row(200, hook),
        "get%sWebhookDelivery" % owner: row(200, delivery),
        "redeliver%sWebhookDelivery" % owner: row(202, delivery),
    }


HOOK = {"url": "https://x.example/", "events": ["push"]}
# the URL is the credential
ROWS["listFailingWebhooks"] = Row(anonymous=401, stranger=403, admin=200)
ROWS["callBackWebhook"] = Row(
    anonymous=200, body={"state": "success"},
    params=lambda world: {"callback": world.callback()})
ROWS.update(_webhooks("Installation", "", stranger=403))
ROWS.update(_webhooks("Namespace", "/namespaces/owner", stranger=404))
ROWS.update(_webhooks("Repository", "/repositories/owner%2F",
                      stranger=HIDDEN))


class World(ApiHouse):
    """The accounts owner, stranger, member and admin, repositories of owner, and
    the organization acme."""

    def __init__(self, house):
        super().__init__(house, "owner", "stranger", "member",
                         admins=["admin"],
                         SLIPWAY_REGISTRY_URL="http://127.0.0.1:1",
                         SLIPWAY_REGISTRY_SERVICE="registry.test")
        self.clients = {who: self.person(who) for who in CALLERS[1:]}
        self.clients["anonymous"] = self.anonymous
        self.webhooks = {}
        for visibility in VISIBILITIES:
            self.repository("owner/" + visibility, visibility)
        self.worker.command("organization", "add", "acme", "owner")
        self.worker.command("member", "set", "acme", "member", "member")
        self.worker.command("team", "add", "acme", "builders")

    def repository(self, name, visibility):
        """A repository that the store has reported."""
        self.sql("INSERT INTO repository (namespace_id, name, is_private,"
                 " privacy, created_at, is_stored)"
                 " SELECT id, '%s', %s, %d, 1, TRUE"
                 " FROM namespace WHERE name = '%s'" % (
                     name, visibility != "public",
                     VISIBILITIES.index(visibility) or 3,
                     name.split("/")[0]))

    def another(self):
        """A repository of the visibility that is asked for."""
        name = "owner/" + uuid.uuid4().hex
        self.repository(name, self.visibility)
        return name

    def webhook(self, path, is_new=False):
        """The same one each time, or a new one, of what is asked for."""
        path += self.visibility if path.endswith("%2F") else ""
        if is_new or path not in self.webhooks:
            made = self.clients["owner" if path else "admin"].post(
                path + "/webhooks", HOOK)
            assert made.status == 201, made
            if is_new:
                return made.json["id"]
            self.webhooks[path] = made.json["id"]
        return self.webhooks[path]

    def delivery(self, path):
        """One that has been accepted."""
        hook = self.webhook(path)
        path += self.visibility if path.endswith("%2F") else ""
        made = self.clients["owner" if path else "admin"].post(
            "%s/webhooks/%d/test" % (path, hook))
        self.sql("UPDATE webhook_delivery SET state = 1")
        return made.json["id"]

    def callback(self):
        """The random part of a new callback_url."""
        token = uuid.uuid4().hex
        self.sql("INSERT INTO webhook_callback SELECT SHA2('%s', 256), 1,"
                 " UNIX_TIMESTAMP() + 60" % token)
        return token

    def session_id(self):
        """Of a new session of owner's."""
        return self.session("owner").get("/session").json["id"]

    def access_token_id(self):
        """Of a new access token of owner's."""
        return self.clients["owner"].post("/access-tokens", {
            "name": "x", "actions": ["pull"]}).json["id"]

    def comment_id(self):
        """Of a new comment of owner's on the repository that is asked for."""
        self.sql("INSERT INTO comment (repository_id, account_id, body,"
                 " created_at) SELECT r.id, a.id, 'x', 1"
                 " FROM repository r, account a"
                 " WHERE r.name = 'owner/%s' AND a.login = 'owner'"
                 % self.visibility)
        return self.sql("SELECT MAX(id) FROM comment")[0][0]

    def new_login(self):
        self.logins = getattr(self, "logins", 0) + 1
        return "new%d" % self.logins

    def made_account(self):
        login = self.new_login()
        assert self.clients["admin"].post("/accounts", {
            "login": login, "password": "long enough"}).status == 201
        return login

    def map_entry(self):
        """A new registry of the map, the only one."""
        name = self.new_login()
        self.sql("DELETE FROM registry")
        assert self.clients["admin"].post("/registries", {
            "name": name, "kind": "sponsor",
            "endpoint": "a.example"}).status == 201
        return name

    def robot(self):
        """A new robot of owner's namespace."""
        return self.clients["owner"].post("/namespaces/owner/robots", {
            "name": self.new_login(), "role": "read"}).json["name"]

    def repository_robot(self):
        """A new robot of the repository that is asked for."""
        return self.clients["owner"].post(
            "/repositories/owner%2F" + self.visibility + "/robots", {
                "name": self.new_login(), "role": "read"}).json["name"]

    def organization(self):
        """A new one of owner's."""
        return self.clients["owner"].post(
            "/namespaces", {"name": self.new_login()}).json["name"]

    def team(self):
        """A new one of acme's."""
        return self.clients["owner"].post("/namespaces/acme/teams", {
            "name": self.new_login()}).json["name"]

    def offer(self):
        """A new invitation of acme's to stranger."""
        return self.clients["owner"].post("/namespaces/acme/invitations", {
            "login": "stranger", "role": "read",
            "pattern": "none/*"}).json["id"]

    def invitation_id(self):
        return self.clients["admin"].post(
            "/sign-up-invitations", {}).json["id"]

    def ask(self, operation, caller, visibility):
        self.visibility = visibility
        method, template = next(
            key for key, found in self.document.operations.items()
            if found["operationId"] == operation)
        row = ROWS[operation]
        params = {"login": "owner", "namespace": "owner", "tag": "1",
                  "digest": "sha256:" + "a" * 64,
                  "team": "builders", "account": "stranger",
                  "repository": "owner/" + visibility}
        self.visibility = visibility
        params.update(_value(row.params, self) or {})
        path = template
        for name, value in params.items():
            path = path.replace("{%s}" % name, encoded(str(value)))
        return self.clients[caller].request(
            method, path + row.query, _value(row.body, self),
            _value(row.headers, self) or ())


@pytest.fixture(scope="module")
def world(database_server):
    from testenv import House
    house = House(database_server)
    try:
        yield World(house)
    finally:
        problems = house.problems()
        house.remove()
    assert not problems, "\n".join(problems)


def _operations():
    import json
    from testenv.api import DOCUMENT
    for template, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        for operation in methods.values():
            yield operation["operationId"], "{repository}" in template


OPERATIONS = dict(_operations())


def test_every_route_has_a_row():
    assert set(ROWS) == set(OPERATIONS)


@pytest.mark.parametrize("operation, caller, visibility", [
    (operation, caller, visibility)
    for operation, has_repository in OPERATIONS.items() for caller in CALLERS
    for visibility in (VISIBILITIES if has_repository else ("private",))])
def test_who_is_answered_what(world, operation, caller, visibility):
    if operation not in ROWS:
        pytest.fail("no row for " + operation)
    answer = world.ask(operation, caller, visibility)
    assert answer.status == ROWS[operation].expected(caller, visibility), answer
