"""Each ability of the API is a subcommand of slipway-index, too, or the table
says why not.  A route without a row fails; so does a row of nothing."""

import json
import subprocess

import pytest

from testenv import paths
from testenv.api import DOCUMENT

PROGRAM = paths.BUILD / "slipway-index"


class Not(str):
    """Why there is no command."""


OWN_SESSION = Not("of the browser that asks")
OWN_WORDS = Not("what a person says; the operator moderates")
OWN_ANSWER = Not("the invited account answers; the operator gives the role by "
                 "member set or collaborator set")
OWN_STAR = Not("a person gives it")
OWN_FOLLOWS = Not("what a person follows is for that person alone")

ROWS = {
    "getDocument": "openapi",
    "getSession": OWN_SESSION,
    "renderMarkdown": Not("keeps nothing: pages show a text before it is saved"),
    "createSession": OWN_SESSION,
    "deleteSession": "session end",
    "confirmSession": OWN_SESSION,
    "listSessions": "session list",
    "endSession": "session end",
    "listAccessTokens": "access-token list",
    "createAccessToken": "access-token add",
    "getAccessToken": "access-token show",
    "editAccessToken": "access-token set",
    "revokeAccessToken": "access-token revoke",
    "rotateAccessToken": "access-token rotate",
    "getAccount": "account show",
    "editAccount": "account set",
    "deleteAccount": "account delete",
    "changePassword": "account passwd",
    "createAccount": "account add",
    "listAccounts": "account list",
    "getAnyAccount": "account show",
    "changeAccount": ("account disable", "account enable",
                      "account set-admin"),
    "deleteAnyAccount": "account delete",
    "getProfile": "account show",
    "listSignUpInvitations": "sign-up-invitation list",
    "createSignUpInvitation": "sign-up-invitation add",
    "deleteSignUpInvitation": "sign-up-invitation delete",
    "getStar": "star list",
    "addStar": OWN_STAR,
    "removeStar": OWN_STAR,
    "listStargazers": "star list",
    "listStars": "star list-starred",
    "getFollow": OWN_FOLLOWS,
    "addFollow": OWN_FOLLOWS,
    "removeFollow": OWN_FOLLOWS,
    "listFollows": OWN_FOLLOWS,
    "listActivity": "activity list",
    "listNamespaceActivity": "activity list",
    "listRepositoryActivity": "activity list",
    "listComments": "comment list",
    "createComment": OWN_WORDS,
    "getComment": "comment read",
    "editComment": OWN_WORDS,
    "deleteComment": "comment delete",
    "reportComment": OWN_WORDS,
    "moderateComment": ("comment hide", "comment show"),
    "listCommentReports": "comment list",
    "listAllCommentReports": "comment list",
    "search": "search query",
    "listAuditEvents": "audit list",
    "listRobots": "robot list",
    "createRobot": "robot add",
    "getRobot": "robot show",
    "editRobot": ("robot set", "robot disable", "robot enable"),
    "deleteRobot": "robot delete",
    "rotateRobot": "robot rotate",
    "listRepositoryRobots": "robot list",
    "createRepositoryRobot": "robot add",
    "getRepositoryRobot": "robot show",
    "editRepositoryRobot": ("robot set", "robot disable", "robot enable"),
    "deleteRepositoryRobot": "robot delete",
    "rotateRepositoryRobot": "robot rotate",
    "listRepositories": "repository list",
    "listAllRepositories": "repository list",
    "createRepository": "repository add",
    "getRepository": "repository show",
    "editRepository": ("repository set", "repository set-visibility"),
    "deleteRepository": "repository delete",
    "listTags": "tag list",
    "listTagNames": "tag list",
    "listRegistries": "registry list",
    "createRegistry": "registry add",
    "getRegistry": "registry show",
    "editRegistry": "registry set",
    "deleteRegistry": "registry remove",
    "getTag": "tag show",
    "getTagHistory": "tag history",
    "listManifests": "manifest list",
    "getManifest": "manifest show",
    "createPullToken": Not("docker login and skopeo buy the same at /token"),
    "getImage": Not("skopeo inspect reads the same from the registry"),
    "listReferrers": "manifest referrers",
    "listBlobs": "blob list",
    "callBackWebhook": Not("a receiver of webhooks sends it"),
    "listFailingWebhooks": Not("webhook list has failing_since of each scope"),
    "listNamespaces": "namespace list",
    "createNamespace": "organization add",
    "getNamespace": "namespace show",
    "editNamespace": ("namespace set", "namespace set-visibility",
                      "namespace set-owner"),
    "deleteNamespace": "organization delete",
    "listRemovals": "removal list",
    "listNamespaceSpace": Not("for pages; the operator sees the store itself"),
    "listSpace": Not("for pages; the operator sees the store itself"),
    "listMembers": "member list",
    "setMember": "member set",
    "removeMember": "member remove",
    "listTeams": "team list",
    "createTeam": "team add",
    "getTeam": "team show",
    "deleteTeam": "team delete",
    "listTeamMembers": "team members",
    "addTeamMember": "team add-member",
    "removeTeamMember": "team remove-member",
    "listRoles": "collaborator list",
    "setRole": "collaborator set",
    "removeRole": "collaborator remove",
    "listCollaborators": "collaborator list",
    "setCollaborator": "collaborator set",
    "removeCollaborator": "collaborator remove",
    "setCollaboratingTeam": "collaborator set",
    "removeCollaboratingTeam": "collaborator remove",
    "listNamespaceInvitations": "invitation list",
    "createNamespaceInvitation": "invitation add",
    "deleteNamespaceInvitation": "invitation delete",
    "listRepositoryInvitations": "invitation list",
    "createRepositoryInvitation": "invitation add",
    "deleteRepositoryInvitation": "invitation delete",
    "listInvitations": "invitation list-received",
    "acceptInvitation": OWN_ANSWER,
    "declineInvitation": OWN_ANSWER,
}

for owner in ("Installation", "Namespace", "Repository"):
    ROWS.update({name.format(owner): "webhook " + verb for name, verb in {
        "list{}Webhooks": "list",
        "create{}Webhook": "add",
        "get{}Webhook": "show",
        "delete{}Webhook": "delete",
        "rotate{}Webhook": "rotate",
        "test{}Webhook": "test",
        "redeliver{}WebhookDead": "redeliver",
        "list{}WebhookDeliveries": "list-deliveries",
        "get{}WebhookDelivery": "show-delivery",
        "redeliver{}WebhookDelivery": "redeliver"}.items()})
    ROWS["edit%sWebhook" % owner] = ("webhook set", "webhook enable",
                                     "webhook disable")


def names(row):
    return (row,) if isinstance(row, str) else row


OPERATIONS = {operation["operationId"]: (method, operation)
              for methods in json.loads(DOCUMENT.read_text())["paths"].values()
              for method, operation in methods.items()}


@pytest.fixture(scope="module")
def commands():
    """{name: its flags}"""
    lines = subprocess.run([PROGRAM, "--completion"], text=True, check=True,
                           capture_output=True).stdout.splitlines()
    rows = [line.split(";") for line in lines]
    return {row[0]: row[-1].split() for row in rows}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_operation_has_a_command_or_a_reason(commands, operation):
    assert operation in ROWS, "say which command does it, or why none does"
    row = ROWS[operation]
    if isinstance(row, Not):
        return
    method, _ = OPERATIONS[operation]
    for name in names(row):
        assert name in commands
        if method == "get" and name != "openapi":
            assert "--json" in commands[name], name


def test_no_row_is_of_nothing():
    assert set(ROWS) <= set(OPERATIONS)
