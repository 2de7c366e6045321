/* test_adopt_address.c: where a registry:2 listens. */

#include "reg_unit.h"
#include "fcgi_registry/adopt/adopt_address.h"


static const struct {
    const char *text, *host; /* NULL: refused */
    unsigned port;
} rows[] = {
    { "", "", 0 },
    { ":", "", 0 },
    { ":5000", "", 5000 },
    { ":0005000", "", 5000 },
    { ":65535", "", 65535 },
    { ":65536", NULL, 0 },
    { ":4294967376", NULL, 0 },
    { ":18446744073709551696", NULL, 0 },
    { ":+80", "", 80 },
    { ":-80", NULL, 0 },
    { ":+", "", 0 },
    { ":http", "", 80 },
    { "127.0.0.1:https", "127.0.0.1", 443 },
    { "127.0.0.1:htt", NULL, 0 },
    { "127.0.0.1: 80", NULL, 0 },
    { "[::]:1", "", 1 },
    { "[]:1", "", 1 },
    { "[::ffff:0.0.0.0]:1", "0.0.0.0", 1 },
    { "[::1]:1", "[::1]", 1 },
    { "[FE80::0:1]:1", "[fe80::1]", 1 },
    { "::1:1", NULL, 0 },
    { ":::1", NULL, 0 },
    { "[::1]", NULL, 0 },
    { "[::1]:1]", NULL, 0 },
    { "[:1", NULL, 0 },
    { "]:1", NULL, 0 },
    { "[a]:b]:1", NULL, 0 },
    { "a.b-c_d:1", "a.b-c_d", 1 },
    { "a..1:1", NULL, 0 },
    { "1a:1", NULL, 0 },
    { "0:1", NULL, 0 },
    { "256.1.1.1:1", NULL, 0 },
    { "unix:/x:1", NULL, 0 },
    { "a\n:1", NULL, 0 },
};


static void
addresses_of_go(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(rows); i++) {
        address_t address;
        const char *error = NULL;
        int rc = address_parse(pool, rows[i].text, &address, &error);

        check((rc == OK) == (rows[i].host != NULL), i, rows[i].text);
        check(rc == OK || error != NULL, i, rows[i].text);

        if (rc == OK && rows[i].host != NULL) {
            check(strcmp(address.host, rows[i].host) == 0, i, rows[i].text);
            check(address.port == rows[i].port, i, rows[i].text);
        }
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
