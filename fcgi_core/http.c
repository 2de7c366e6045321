/* http.c: requests to other servers, by libcurl. */

#include "fcgi_core/http.h"
#include "fcgi_core/log.h"

#include <curl/curl.h>

struct http_s {
    CURL *curl;
    struct curl_slist *headers;
    const http_conf_t *conf;
    char error[CURL_ERROR_SIZE];
};


static void
http_close(void *data)
{
    http_t *http = data;

    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->curl);
}


static size_t
body_drop(char *bytes, size_t size, size_t n, void *data)
{
    (void)bytes;
    (void)data;

    return size * n;
}


/* Called about once a second, and with each piece that comes or goes. */
static int
progress_check(void *data, curl_off_t down_all, curl_off_t down,
               curl_off_t up_all, curl_off_t up)
{
    const http_t *http = data;

    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;

    return http->conf->is_stopped != NULL && *http->conf->is_stopped;
}


/* Anything but CURLE_OK fails the program's start. */
static CURLcode
options_set(http_t *http)
{
    const http_conf_t *conf = http->conf;
    CURL *curl = http->curl;
    CURLcode rc = CURLE_OK;

#define SET(option, value)                                                     \
    rc = rc == CURLE_OK ? curl_easy_setopt(curl, option, value) : rc

    SET(CURLOPT_URL, conf->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_TIMEOUT_MS, conf->timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, conf->timeout);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "Slipway/" SLIPWAY_VERSION);
    SET(CURLOPT_HTTPHEADER, http->headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_WRITEFUNCTION, body_drop);
    SET(CURLOPT_XFERINFOFUNCTION, progress_check);
    SET(CURLOPT_XFERINFODATA, http);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_ERRORBUFFER, http->error);

    if (conf->ca_file != NULL) {
        SET(CURLOPT_CAINFO, conf->ca_file);
    }

#undef SET

    return rc;
}


int
http_open(pool_t *pool, const http_conf_t *conf, http_t **http_r)
{
    http_t *http = pool_new(pool, http_t);
    CURLcode rc;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    http->conf = conf;
    http->curl = curl_easy_init();

    /* no question whether the body may come, however large it is */
    http->headers = curl_slist_append(NULL, "Expect:");

    for (const char *const *line = conf->lines; *line != NULL; line++) {
        http->headers = curl_slist_append(http->headers, *line);
    }

    if (http->curl == NULL || http->headers == NULL) {
        log_error("libcurl did not start");
        return ERROR;
    }

    pool_cleanup(pool, http_close, http);
    rc = options_set(http);

    if (rc != CURLE_OK) {
        log_error("libcurl: %s", curl_easy_strerror(rc));
        return ERROR;
    }

    *http_r = http;

    return OK;
}


int
http_post(http_t *http, pool_t *pool, str_t body, http_answer_t *answer_r)
{
    curl_off_t retry_after = 0;
    long status = 0;
    CURLcode rc;

    *answer_r = (http_answer_t){ .status = 0 };
    http->error[0] = '\0';
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.data);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)body.len);
    rc = curl_easy_perform(http->curl);

    if (rc != CURLE_OK) {
        answer_r->failure = (int)rc;
        answer_r->error =
            pool_strdup(pool, http->error[0] != '\0' ? http->error
                                                     : curl_easy_strerror(rc));
        return ERROR;
    }

    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->curl, CURLINFO_RETRY_AFTER, &retry_after);
    answer_r->status = (int)status;
    answer_r->retry_after = (long)retry_after;

    return OK;
}
