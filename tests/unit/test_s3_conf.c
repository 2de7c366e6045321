/* test_s3_conf.c: the file that describes a bucket. */

#include "reg_unit.h"
#include "fcgi_registry/s3/s3_conf.h"

#include "fcgi_core/log.h"

#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/s3_conf.XXXXXX";


static int
conf_read(pool_t *pool, const char *text, s3_conf_t *conf)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    chmod(path, 0600);

    return s3_conf_read(pool, path, conf);
}


static void
where_a_bucket_is(void **state)
{
    static const struct {
        const char *text, *endpoint, *host, *base, *root;
    } cases[] = {
        { "region = eu-central-1\n",
          "https://images.s3.eu-central-1.amazonaws.com",
          "images.s3.eu-central-1.amazonaws.com", "/", "" },
        { "path_style = on\nroot_directory = /\n",
          "https://s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com",
          "/images/", "" },
        { "endpoint = http://[::1]:9000/\nroot_directory = /a/b//\n",
          "http://[::1]:9000", "[::1]:9000", "/images/", "a/b" },
        { "endpoint = https://s3.example.com\npath_style = off\n"
          "root_directory = a b\n",
          "https://images.s3.example.com", "images.s3.example.com", "/",
          "a b" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        s3_conf_t conf;
        const char *text = pool_printf(pool, "driver = s3\nbucket = images\n%s",
                                       cases[i].text);

        check(conf_read(pool, text, &conf) == OK, i, text);
        assert_string_equal(conf.endpoint, cases[i].endpoint);
        assert_string_equal(conf.host, cases[i].host);
        assert_string_equal(conf.base, cases[i].base);
        assert_string_equal(conf.root, cases[i].root);
    }

    pool_destroy(pool);
}


static void
what_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "bucket = b\n",
        "driver = swift\nbucket = b\n",
        "driver = s3\n",
        "driver = s3\nbucket = a/b\n",
        "driver = s3\nbucket = b\nendpoint = s3.example.com\n",
        "driver = s3\nbucket = b\nendpoint = http://\n",
        "driver = s3\nbucket = b\nendpoint = http://a/b\n",
        "driver = s3\nbucket = b\nendpoint = http://u:p@a\n",
        "driver = s3\nbucket = b\npath_style = yes\n",
        "driver = s3\nbucket = b\nregion = a b\n",
        "driver = s3\nbucket = b\naccess_key = a\n",
        "driver = s3\nbucket = b\nsecret_key = a\n",
        "driver = s3\nbucket = b\nother = a\n",
        "driver = s3\nbucket = b\nca_file =\n",
        "[a]\ndriver = s3\nbucket = b\n",
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        s3_conf_t conf;

        check(conf_read(pool, cases[i], &conf) == ERROR, i, cases[i]);
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_a_bucket_is),
        cmocka_unit_test(what_is_refused),
    };
    int fd = mkstemp(path);
    int rc;

    close(fd);
    log_open("test", LOG_ERROR);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);

    return rc;
}
