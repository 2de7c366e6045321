/* test_access.c: who may do what, every kind of account on every kind of
 * repository. */

#include "reg_unit.h"
#include "fcgi_index/access/access.h"

#define PULL REG_ACTION_PULL
#define ALL GRANT_ACTIONS


/* Whether the catalogue would list a repository: public, or of a namespace
 * whose owner is one of access_owners(). */
static bool
is_listed(const account_t *account, const access_facts_t *facts)
{
    const uint64_t *owners[ACCESS_OWNERS_MAX];
    size_t n = access_owners(account, owners);

    for (size_t i = 0; i < n; i++) {
        if (owners[i] == NULL
                ? !facts->has_owner
                : facts->has_owner && *owners[i] == facts->owner_id) {
            return true;
        }
    }

    return facts->is_public;
}


static void
rights_are_those_of_the_table(void **state)
{
    static const account_t alice = { .id = 1, .login = "alice" };
    static const account_t bob = { .id = 2, .login = "bob" };
    static const account_t admin = { .id = 3, .is_admin = true };
    static const access_facts_t private = { true, 1, true, false };
    static const access_facts_t public = { true, 1, true, true };
    static const access_facts_t missing = { true, 1, false, false };
    static const access_facts_t ownerless = { false, 0, true, false };
    static const access_facts_t ownerless_public = { false, 0, true, true };
    static const access_facts_t nothing = { false, 0, false, false };
    static const access_facts_t of_admin = { true, 3, true, false };
    static const struct {
        const account_t *account;
        const access_facts_t *facts;
        unsigned rights;
        const char *text;
    } cases[] = {
        { &alice, &private, ALL, "owner, private" },
        { &alice, &public, ALL, "owner, public" },
        { &alice, &missing, ALL, "owner, missing" },
        { &alice, &ownerless, 0, "account, ownerless" },
        { &alice, &ownerless_public, PULL, "account, ownerless public" },
        { &alice, &nothing, 0, "account, no namespace" },
        { &alice, &of_admin, 0, "account, admin's" },
        { &bob, &private, 0, "other, private" },
        { &bob, &public, PULL, "other, public" },
        { &bob, &missing, 0, "other, missing" },
        { &admin, &private, 0, "admin, other's private" },
        { &admin, &public, PULL, "admin, other's public" },
        { &admin, &missing, 0, "admin, other's missing" },
        { &admin, &ownerless, ALL, "admin, ownerless" },
        { &admin, &ownerless_public, ALL, "admin, ownerless public" },
        { &admin, &nothing, ALL, "admin, no namespace" },
        { &admin, &of_admin, ALL, "admin, own" },
        { NULL, &private, 0, "nobody, private" },
        { NULL, &public, PULL, "nobody, public" },
        { NULL, &missing, 0, "nobody, missing" },
        { NULL, &ownerless, 0, "nobody, ownerless" },
        { NULL, &ownerless_public, PULL, "nobody, ownerless public" },
        { NULL, &nothing, 0, "nobody, no namespace" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(access_rights(cases[i].account, cases[i].facts)
                  == cases[i].rights,
              i, cases[i].text);

        if (cases[i].facts->is_known) {
            check(is_listed(cases[i].account, cases[i].facts)
                      == ((cases[i].rights & PULL) != 0),
                  i, "listed, as it may be pulled");
        }
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
