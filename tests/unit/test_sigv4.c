/* test_sigv4.c: signatures of the S3 protocol.  AWS_... are the examples of
 * Amazon's S3 API Reference; the others were computed by botocore's rules and
 * accepted by radosgw. */

#include "reg_unit.h"
#include "common/sigv4.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define AWS_TIME 1369353600 /* 20130524T000000Z */
#define OUR_TIME 1785585600 /* 20260801T120000Z */
#define BIG 2048

#define NO_PAIR                                                                \
    {                                                                          \
        { 0, NULL },                                                           \
        {                                                                      \
            0, NULL                                                            \
        }                                                                      \
    }
#define PAIR(name, value)                                                      \
    {                                                                          \
        reg_str(name), reg_str(value)                                          \
    }

static const reg_sigv4_key_t aws_key = {
    .access = { 20, (unsigned char *)"AKIAIOSFODNN7EXAMPLE" },
    .secret = { 40, (unsigned char *)"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE"
                                     "KEY" },
    .region = { 9, (unsigned char *)"us-east-1" },
};

static const reg_sigv4_key_t our_key = {
    .access = { 6, (unsigned char *)"AKTEST" },
    .secret = { 6, (unsigned char *)"SKTEST" },
    .region = { 9, (unsigned char *)"us-east-1" },
};

typedef struct {
    const reg_sigv4_key_t *key;
    const char *method;
    const char *path;
    reg_sigv4_pair_t query[5];
    reg_sigv4_pair_t headers[4]; /* in addition to those of all */
    const char *payload;
    const char *target;
    const char *names;
    const char *signature;
} signed_case_t;

static const signed_case_t cases[] = {
    { &aws_key,
      "GET",
      "/test.txt",
      { NO_PAIR },
      { PAIR("range", "bytes=0-9") },
      EMPTY,
      "/test.txt",
      "host;range;x-amz-content-sha256;x-amz-date",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
    { &aws_key,
      "PUT",
      "/test$file.text",
      { NO_PAIR },
      { PAIR("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        PAIR("date", "Fri, 24 May 2013 00:00:00 GMT") },
      "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "/test%24file.text",
      "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
    { &aws_key,
      "GET",
      "/",
      { PAIR("lifecycle", "") },
      { NO_PAIR },
      EMPTY,
      "/?lifecycle=",
      "host;x-amz-content-sha256;x-amz-date",
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
    { &aws_key,
      "GET",
      "/",
      { PAIR("prefix", "J"), PAIR("max-keys", "2") },
      { NO_PAIR },
      EMPTY,
      "/?max-keys=2&prefix=J",
      "host;x-amz-content-sha256;x-amz-date",
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
    { &our_key,
      "GET",
      "/reg",
      { PAIR("prefix", "some/root/docker/"), PAIR("list-type", "2"),
        PAIR("delimiter", "/"), PAIR("continuation-token", "a+b/c==") },
      { NO_PAIR },
      EMPTY,
      "/reg?continuation-token=a%2Bb%2Fc%3D%3D&delimiter=%2F&list-type=2"
      "&prefix=some%2Froot%2Fdocker%2F",
      "host;x-amz-content-sha256;x-amz-date",
      "fdde414ca010f4006049b2cc0ae35cf7dc54b6f2390d0f45747f86ae30943d85" },
    { &our_key,
      "POST",
      "/reg/some root/a+b~c",
      { PAIR("uploads", "") },
      { NO_PAIR },
      EMPTY,
      "/reg/some%20root/a%2Bb~c?uploads=",
      "host;x-amz-content-sha256;x-amz-date",
      "603dbbdd345a3a3a6d3b0cd91a1f3e33a9c1d6b20be3b4e7c01c1cf57f850702" },
};

#define PRESIGNED_AWS                                                          \
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="             \
    "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"          \
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"                         \
    "&X-Amz-SignedHeaders=host&X-Amz-Signature="                               \
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
#define BLOB "/reg/docker/registry/v2/blobs/sha256/e3/" EMPTY "/data"
#define PRESIGNED_OURS                                                         \
    BLOB "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKTEST%2F"        \
         "20260801%2Fus-east-1%2Fs3%2Faws4_request"                            \
         "&X-Amz-Date=20260801T120000Z&X-Amz-Expires=1200"                     \
         "&X-Amz-Security-Token=tok%2Fen%3D&X-Amz-SignedHeaders=host"          \
         "&response-content-type=application%2Foctet-stream&X-Amz-Signature="  \
         "c48c84d628207509f7a1b5949e9a82be42fed1d09282c1d034372ff06ecc4def"


static size_t
pairs_count(const reg_sigv4_pair_t *pairs, size_t max)
{
    size_t n = 0;

    while (n < max && pairs[n].name.len != 0) {
        n++;
    }

    return n;
}


/* The headers of a case, and those that all have, in *headers[8]. */
static reg_sigv4_request_t
request_of(const signed_case_t *c, reg_sigv4_pair_t *headers, char *date)
{
    bool is_aws = c->key == &aws_key;
    int64_t time = is_aws ? AWS_TIME : OUR_TIME;
    size_t n = pairs_count(c->headers, N(c->headers));

    assert_int_equal(reg_sigv4_date(time, date), REG_OK);
    memcpy(headers, c->headers, sizeof(c->headers));
    headers[n++] = (reg_sigv4_pair_t){ reg_str("x-amz-date"), reg_cstr(date) };
    headers[n++] =
        (reg_sigv4_pair_t){ reg_str("host"),
                            is_aws ? reg_str("examplebucket.s3.amazonaws.com")
                                   : reg_str("127.0.0.1:9000") };
    headers[n++] = (reg_sigv4_pair_t){ reg_str("x-amz-content-sha256"),
                                       reg_cstr(c->payload) };

    return (reg_sigv4_request_t){ .method = reg_cstr(c->method),
                                  .path = reg_cstr(c->path),
                                  .query = c->query,
                                  .n_query = pairs_count(c->query, N(c->query)),
                                  .headers = headers,
                                  .n_headers = n,
                                  .payload = reg_cstr(c->payload),
                                  .time = time };
}


static void
headers_are_signed(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const signed_case_t *c = &cases[i];
        reg_sigv4_pair_t headers[8];
        char date[REG_SIGV4_DATE_SIZE], wanted[BIG], buf[BIG];
        reg_sigv4_request_t request = request_of(c, headers, date);
        int len;

        check(reg_sigv4_target(&request, buf, sizeof(buf))
                  == (int)strlen(c->target),
              i, c->target);
        assert_string_equal(buf, c->target);
        len = snprintf(wanted, sizeof(wanted),
                       "AWS4-HMAC-SHA256 Credential=%.*s/%.8s/us-east-1/s3/"
                       "aws4_request,SignedHeaders=%s,Signature=%s",
                       (int)c->key->access.len, c->key->access.data, date,
                       c->names, c->signature);
        check(reg_sigv4_authorization(&request, c->key, buf, sizeof(buf))
                  == len,
              i, c->target);
        assert_string_equal(buf, wanted);

        /* to the byte, or not at all */
        check(reg_sigv4_authorization(&request, c->key, buf, (size_t)len + 1)
                  == len,
              i, "just fits");
        check(reg_sigv4_authorization(&request, c->key, buf, (size_t)len)
                  == REG_ERROR,
              i, "does not fit");
    }
}


static void
urls_are_signed(void **state)
{
    static const reg_sigv4_pair_t type =
        PAIR("response-content-type", "application/octet-stream");
    static const reg_sigv4_pair_t aws_host =
        PAIR("host", "examplebucket.s3.amazonaws.com");
    static const reg_sigv4_pair_t our_host = PAIR("host", "127.0.0.1:9000");
    reg_sigv4_request_t request = { .method = reg_str("GET"),
                                    .path = reg_str("/test.txt"),
                                    .headers = &aws_host,
                                    .n_headers = 1,
                                    .payload = reg_str(REG_SIGV4_UNSIGNED),
                                    .time = AWS_TIME };
    reg_sigv4_key_t key = our_key;
    char buf[BIG];

    (void)state;
    assert_int_equal(
        reg_sigv4_presign(&request, &aws_key, 86400, buf, sizeof(buf)),
        sizeof(PRESIGNED_AWS) - 1);
    assert_string_equal(buf, PRESIGNED_AWS);
    key.token = reg_str("tok/en=");
    request.path = reg_str(BLOB);
    request.headers = &our_host;
    request.query = &type;
    request.n_query = 1;
    request.time = OUR_TIME;
    assert_int_equal(reg_sigv4_presign(&request, &key, 1200, buf, sizeof(buf)),
                     sizeof(PRESIGNED_OURS) - 1);
    assert_string_equal(buf, PRESIGNED_OURS);
    assert_int_equal(reg_sigv4_presign(&request, &key, 1200, buf,
                                       sizeof(PRESIGNED_OURS) - 1),
                     REG_ERROR);
}


/* By the escaped name, then by the escaped value: '%' comes before '-'. */
static void
a_query_is_sorted_as_it_is_sent(void **state)
{
    static const reg_sigv4_pair_t query[] = {
        PAIR("b", "2"),  PAIR("b-", ""),  PAIR("b", "1"),
        PAIR("a-", "x"), PAIR("a+", "x"), PAIR("a", ""),
        PAIR("b", "1+"), PAIR("B", ""),   PAIR("a\xff", ""),
    };
    reg_sigv4_request_t request = { .path = reg_str("/a//b/../\xc3\xa4"),
                                    .query = query,
                                    .n_query = N(query) };
    char buf[BIG];

    (void)state;
    assert_true(reg_sigv4_target(&request, buf, sizeof(buf)) > 0);
    assert_string_equal(buf, "/a//b/../%C3%A4?B=&a=&a%2B=x&a%FF=&a-=x&b=1"
                             "&b=1%2B&b=2&b-=");
}


static void
what_is_too_much_is_refused(void **state)
{
    reg_sigv4_pair_t many[REG_SIGV4_PAIRS_MAX + 1];
    unsigned char long_text[600];
    reg_sigv4_request_t request = { .path = reg_str("/"), .query = many };
    reg_sigv4_key_t key = our_key;
    char buf[BIG];

    (void)state;

    for (size_t i = 0; i < N(many); i++) {
        many[i] = (reg_sigv4_pair_t)PAIR("a", "");
    }

    memset(long_text, 'x', sizeof(long_text));
    request.n_query = REG_SIGV4_PAIRS_MAX;
    assert_true(reg_sigv4_target(&request, buf, sizeof(buf)) > 0);
    assert_int_equal(reg_sigv4_presign(&request, &key, 1, buf, sizeof(buf)),
                     REG_ERROR);
    request.n_query = N(many);
    assert_int_equal(reg_sigv4_target(&request, buf, sizeof(buf)), REG_ERROR);
    assert_int_equal(reg_sigv4_authorization(&request, &key, buf, sizeof(buf)),
                     REG_ERROR);
    request.n_query = 0;
    assert_true(reg_sigv4_authorization(&request, &key, buf, sizeof(buf)) > 0);
    key.secret = (reg_str_t){ sizeof(long_text), long_text };
    assert_int_equal(reg_sigv4_authorization(&request, &key, buf, sizeof(buf)),
                     REG_ERROR);
    key = our_key;
    key.region = key.secret = (reg_str_t){ sizeof(long_text), long_text };
    assert_int_equal(reg_sigv4_authorization(&request, &key, buf, sizeof(buf)),
                     REG_ERROR);
    key = our_key;
    request.time = -1;
    assert_int_equal(reg_sigv4_authorization(&request, &key, buf, sizeof(buf)),
                     REG_ERROR);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_signed),
        cmocka_unit_test(urls_are_signed),
        cmocka_unit_test(a_query_is_sorted_as_it_is_sent),
        cmocka_unit_test(what_is_too_much_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
