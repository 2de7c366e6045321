/* test_access.c: who may do what, every kind of account in every kind of
 * namespace, on every kind of repository. */

#include "reg_unit.h"
#include "fcgi_index/access/access.h"

#define PULL REG_ACTION_PULL
#define ALL GRANT_ACTIONS


#define WRITE (PULL | REG_ACTION_PUSH)

/* Namespaces: of account 1, of no one, an organization of account 1 in which
 * account 2 is a member. */
#define PERSONAL .namespace_id = 7, .has_owner = true, .owner_id = 1
#define OWNERLESS .namespace_id = 7
#define ORGANIZATION .namespace_id = 7, .is_organization = true
#define MEMBER ORGANIZATION, .is_member = true
#define OWNER MEMBER, .is_member_owner = true

#define NEW .visibility = VISIBILITY_PRIVATE
#define PUBLIC .repository_id = 9, .visibility = VISIBILITY_PUBLIC
#define UNLISTED .repository_id = 9, .visibility = VISIBILITY_UNLISTED
#define INTERNAL .repository_id = 9, .visibility = VISIBILITY_INTERNAL
#define PRIVATE .repository_id = 9, .visibility = VISIBILITY_PRIVATE

static const account_t alice = { .id = 1, .login = "alice" };
static const account_t bob = { .id = 2, .login = "bob" };
static const account_t admin = { .id = 3, .login = "root1", .is_admin = true };


static void
rights_are_those_of_the_table(void **state)
{
    static const struct {
        const char *text;
        const account_t *account;
        access_facts_t facts;
        unsigned actions;
        bool is_owner;
    } cases[] = {
        { "owner, private", &alice, { PERSONAL, PRIVATE }, ALL, true },
        { "owner, deleted",
          &alice,
          { PERSONAL, PRIVATE, .is_removed = true },
          0,
          true },
        { "other, deleted",
          &bob,
          { PERSONAL, PUBLIC, .is_removed = true },
          0,
          false },
        { "owner, public", &alice, { PERSONAL, PUBLIC }, ALL, true },
        { "owner, new", &alice, { PERSONAL, NEW }, ALL, true },
        { "account, ownerless private", &alice, { OWNERLESS, PRIVATE }, 0, 0 },
        { "account, ownerless public", &alice, { OWNERLESS, PUBLIC }, PULL, 0 },
        { "account, no namespace", &alice, { NEW }, 0, false },
        { "other, private", &bob, { PERSONAL, PRIVATE }, 0, false },
        { "other, internal", &bob, { PERSONAL, INTERNAL }, PULL, false },
        { "other, unlisted", &bob, { PERSONAL, UNLISTED }, PULL, false },
        { "other, public", &bob, { PERSONAL, PUBLIC }, PULL, false },
        { "other, new", &bob, { PERSONAL, NEW }, 0, false },
        { "admin, other's private", &admin, { PERSONAL, PRIVATE }, 0, false },
        { "admin, other's public", &admin, { PERSONAL, PUBLIC }, PULL, false },
        { "admin, other's new", &admin, { PERSONAL, NEW }, 0, false },
        { "admin, ownerless private", &admin, { OWNERLESS, PRIVATE }, ALL, 1 },
        { "admin, ownerless public", &admin, { OWNERLESS, PUBLIC }, ALL, true },
        { "admin, no namespace", &admin, { NEW }, ALL, true },
        { "admin, organization", &admin, { ORGANIZATION, PRIVATE }, 0, false },
        { "anonymous, private", NULL, { PERSONAL, PRIVATE }, 0, false },
        { "anonymous, internal", NULL, { PERSONAL, INTERNAL }, 0, false },
        { "anonymous, unlisted", NULL, { PERSONAL, UNLISTED }, PULL, false },
        { "anonymous, public", NULL, { PERSONAL, PUBLIC }, PULL, false },
        { "anonymous, new", NULL, { PERSONAL, NEW }, 0, false },
        { "anonymous, ownerless private", NULL, { OWNERLESS, PRIVATE }, 0, 0 },
        { "anonymous, no namespace", NULL, { NEW }, 0, false },
        { "stranger, organization", &bob, { ORGANIZATION, PRIVATE }, 0, 0 },
        { "stranger, public one", &bob, { ORGANIZATION, PUBLIC }, PULL, 0 },
        { "member, base none", &bob, { MEMBER, PRIVATE }, 0, false },
        { "member, base read", &bob, { MEMBER, NEW, .base_role = 1 }, PULL, 0 },
        { "member, base write",
          &bob,
          { MEMBER, NEW, .base_role = 2 },
          WRITE,
          0 },
        { "member, base admin", &bob, { MEMBER, NEW, .base_role = 3 }, ALL, 0 },
        { "base of no member",
          &bob,
          { ORGANIZATION, NEW, .base_role = 3 },
          0,
          false },
        { "member, more granted",
          &bob,
          { MEMBER, PRIVATE, .base_role = 1, .granted_role = 2 },
          WRITE,
          0 },
        { "member, less granted",
          &bob,
          { MEMBER, PRIVATE, .base_role = 2, .granted_role = 1 },
          WRITE,
          0 },
        { "owner of it", &bob, { OWNER, PRIVATE }, ALL, true },
        { "granted read",
          &bob,
          { PERSONAL, PRIVATE, .granted_role = 1 },
          PULL,
          false },
        { "granted write",
          &bob,
          { PERSONAL, PUBLIC, .granted_role = 2 },
          WRITE,
          false },
        { "granted write, to be made",
          &bob,
          { PERSONAL, NEW, .granted_role = 2 },
          WRITE,
          false },
        { "granted admin",
          &bob,
          { PERSONAL, PRIVATE, .granted_role = 3 },
          ALL,
          false },
        { "writers delete",
          &bob,
          { PERSONAL, PRIVATE, .granted_role = 2, .writers_delete = true },
          ALL,
          false },
        { "readers never do",
          &bob,
          { PERSONAL, PRIVATE, .granted_role = 1, .writers_delete = true },
          PULL,
          false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        access_t access = access_decide(cases[i].account, &cases[i].facts);

        check(access.actions == cases[i].actions, i, cases[i].text);
        check(access.is_owner == cases[i].is_owner, i, cases[i].text);
        check((access.role == ROLE_NONE) == (access.actions == 0), i,
              cases[i].text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_are_those_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
