/* test_address.c: which addresses a program may connect to. */

#include "reg_unit.h"
#include "fcgi_core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>


static bool
is_allowed(const char *text, const address_networks_t *allowed)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return address_is_allowed((struct sockaddr *)&v4, allowed);
    }

    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);

    return address_is_allowed((struct sockaddr *)&v6, allowed);
}


static void
only_the_public_internet_is_reached(void **state)
{
    static const struct {
        const char *address;
        bool is_public;
    } cases[] = {
        { "8.8.8.8", true },
        { "1.1.1.1", true },
        { "0.0.0.0", false },
        { "0.1.2.3", false },
        { "10.0.0.1", false },
        { "11.0.0.1", true },
        { "100.63.255.255", true },
        { "100.64.0.1", false },
        { "100.127.255.255", false },
        { "100.128.0.1", true },
        { "127.0.0.1", false },
        { "127.255.255.254", false },
        { "169.254.169.254", false },
        { "172.15.255.255", true },
        { "172.16.0.1", false },
        { "172.31.255.255", false },
        { "172.32.0.1", true },
        { "192.0.0.1", false },
        { "192.168.1.1", false },
        { "192.169.1.1", true },
        { "198.18.0.1", false },
        { "198.19.255.255", false },
        { "198.20.0.1", true },
        { "224.0.0.1", false },
        { "239.1.1.1", false },
        { "240.0.0.1", false },
        { "255.255.255.255", false },
        { "2606:4700::1111", true },
        { "::", false },
        { "::1", false },
        { "::2", false },
        { "fc00::1", false },
        { "fdff::1", false },
        { "fe80::1", false },
        { "fec0::1", false },
        { "ff02::1", false },
        { "::ffff:127.0.0.1", false },
        { "::ffff:8.8.8.8", true },
        { "::127.0.0.1", false },
        { "::ffff:10.255.255.255", false },
        { "::ffff:169.254.169.254", false },
        { "::ffff:192.168.0.1", false },
        { "::ffff:0:127.0.0.1", false }, /* of IPv4/IPv6 translators */
        { "::ffff:0:8.8.8.8", true },
        { "::10.0.0.1", false },
        { "::8.8.8.8", true },
        { "100::1", false },
        { "100:0:0:1::1", true },
        { "2001:1::1", true },
        { "2001:2::1", false },
        { "2001:10::1", false },
        { "2001:2f:ffff::1", false },
        { "2001:30::1", true },
        { "2001:db8::1", false },
        { "2001:db9::1", true },
        { "3fff::1", false },
        { "3fff:1000::1", true },
        { "5f00::1", false },
        { "fbff::1", true },
        { "fe7f::1", true },
        { "febf::1", false },
        { "feff::1", false },
        { "192.0.2.1", false },
        { "192.88.99.1", false },
        { "198.51.100.1", false },
        { "203.0.113.1", false },
        { "203.0.114.1", true },
        { "223.255.255.255", true },
        { "64:ff9b::127.0.0.1", false },
        { "64:ff9b::169.254.169.254", false },
        { "64:ff9b:1::8.8.8.8", true },
        { "2002:a00:1::1", false },
        { "2002:a9fe:a9fe::1", false },
        { "2002:c0a8:1::1", false },
        { "2001:0:808:808::f7f7:f7f7", true }, /* Teredo of 8.8.8.8 */
        { "64:ff9b::10.0.0.1", false },
        { "64:ff9b::8.8.8.8", true },
        { "64:ff9b:1::169.254.169.254", false },
        { "2002:7f00:1::1", false },
        { "2002:808:808::1", true },
        { "2001:0:808:808::f5ff:fffe", false }, /* Teredo of 10.0.0.1 */
    };
    const address_networks_t none = { .n = 0 };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(is_allowed(cases[i].address, &none) == cases[i].is_public, i,
              cases[i].address);
    }
}


static void
an_operator_allows_more(void **state)
{
    static const struct {
        const char *address;
        bool is_allowed;
    } cases[] = {
        { "10.1.2.3", true },        { "10.2.0.1", false },
        { "127.0.0.1", true },       { "127.0.0.2", false },
        { "fd00::1", true },         { "fe80::1", false },
        { "::ffff:10.1.0.1", true }, { "64:ff9b::10.1.0.1", false },
    };
    address_networks_t allowed;

    (void)state;
    assert_int_equal(
        address_networks_parse("10.1.0.0/16,127.0.0.1,fd00::/8", &allowed), OK);

    for (size_t i = 0; i < N(cases); i++) {
        check(is_allowed(cases[i].address, &allowed) == cases[i].is_allowed, i,
              cases[i].address);
    }
}


static void
what_is_no_network_is_refused(void **state)
{
    static const char *const cases[] = {
        "localhost", "10.0.0.0/33", "10.0.0.0/",           "10.0.0.0/8x",
        "::/129",    "10.0.0/8",    "10.0.0.0/8,,1.1.1.1", "1.1.1.1 ",
        "::/-8",     "10.0.0.0/-8", "10.0.0.0/ 8",         "10.0.0.0/+8",
    };
    address_networks_t allowed;

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(address_networks_parse(cases[i], &allowed) == ERROR, i, cases[i]);
    }

    assert_int_equal(address_networks_parse(NULL, &allowed), OK);
    assert_int_equal(allowed.n, 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_public_internet_is_reached),
        cmocka_unit_test(an_operator_allows_more),
        cmocka_unit_test(what_is_no_network_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
