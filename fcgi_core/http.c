/* http.c: requests to other servers, by libcurl. */

#include "fcgi_core/http.h"
#include "fcgi_core/log.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_BYTES 1024 /* a second */
#define SLOW_SECONDS 30
#define KEEP_SECONDS 60 /* servers close what is idle for longer */
#define CONTINUE_MS 1000
#define CONTINUE_SIZE (1024 * 1024) /* of a body that is worth the question */

struct http_s {
    CURL *curl;
    struct curl_slist *headers;
    const http_conf_t *conf;
    char error[CURL_ERROR_SIZE];
    str_t body;      /* of the answer that is read; its data has room for */
    size_t body_max; /* so many bytes, 0: the body is thrown away */
};


static void
http_close(void *data)
{
    http_t *http = data;

    curl_slist_free_all(http->headers);
    curl_easy_cleanup(http->curl);
}


/* More bytes than there is room for end the request. */
static size_t
body_take(char *bytes, size_t size, size_t n, void *data)
{
    http_t *http = data;
    size_t len = size * n;

    if (http->body_max == 0) {
        return len;
    }

    if (len > http->body_max - http->body.len) {
        return 0;
    }

    memcpy(http->body.data + http->body.len, bytes, len);
    http->body.len += len;

    return len;
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


#define SET(option, value)                                                     \
    rc = rc == CURLE_OK ? curl_easy_setopt(curl, option, value) : rc


/* What holds for every request; error is a buffer of CURL_ERROR_SIZE.  Anything
 * but CURLE_OK fails the program's start. */
static CURLcode
common_set(CURL *curl, const char *url, const char *ca_file,
           struct curl_slist *lines, char *error)
{
    CURLcode rc = CURLE_OK;

    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "Slipway/" SLIPWAY_VERSION);
    SET(CURLOPT_HTTPHEADER, lines);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_ERRORBUFFER, error);

    if (ca_file != NULL) {
        SET(CURLOPT_CAINFO, ca_file);
        SET(CURLOPT_CAPATH, NULL); /* the system's, where libcurl has one */
    }

    return rc;
}


static CURLcode
options_set(http_t *http)
{
    const http_conf_t *conf = http->conf;
    CURL *curl = http->curl;
    CURLcode rc =
        common_set(curl, conf->url, conf->ca_file, http->headers, http->error);

    SET(CURLOPT_TIMEOUT_MS, conf->timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, conf->timeout);
    SET(CURLOPT_WRITEFUNCTION, body_take);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_XFERINFOFUNCTION, progress_check);
    SET(CURLOPT_XFERINFODATA, http);
    SET(CURLOPT_NOPROGRESS, 0L);

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


static int
perform(http_t *http, pool_t *pool, http_answer_t *answer_r)
{
    curl_off_t retry_after = 0;
    long status = 0;
    CURLcode rc;

    *answer_r = (http_answer_t){ .status = 0 };
    http->error[0] = '\0';
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


int
http_post(http_t *http, pool_t *pool, str_t body, http_answer_t *answer_r)
{
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, body.data);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)body.len);

    return perform(http, pool, answer_r);
}


/* Nothing more than was asked for is kept of an answer. */
static void
answer_take(const http_t *http, pool_t *pool, const http_ask_t *ask,
            http_answer_t *answer)
{
    struct curl_header *header;

    answer->body = http->body;

    if (ask->wanted != NULL
        && curl_easy_header(http->curl, ask->wanted, 0, CURLH_HEADER, -1,
                            &header)
               == CURLHE_OK) {
        answer->header = pool_strdup(pool, header->value);
    }
}


int
http_ask(http_t *http, pool_t *pool, const http_ask_t *ask,
         http_answer_t *answer_r)
{
    struct curl_slist *headers = curl_slist_append(NULL, ask->line);
    bool is_head = strcmp(ask->method, "HEAD") == 0;
    int rc;

    http->body_max = ask->body_max;
    http->body = (str_t){ 0, pool_alloc(pool, ask->body_max + 1) };

    curl_easy_setopt(http->curl, CURLOPT_URL, ask->url);
    curl_easy_setopt(http->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(http->curl, CURLOPT_NOBODY, is_head ? 1L : 0L);
    curl_easy_setopt(http->curl, CURLOPT_CUSTOMREQUEST, ask->method);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->curl, CURLOPT_FOLLOWLOCATION,
                     ask->redirects != 0 ? 1L : 0L);
    curl_easy_setopt(http->curl, CURLOPT_MAXREDIRS, ask->redirects);
    rc = perform(http, pool, answer_r);
    curl_easy_setopt(http->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, http->headers);
    curl_slist_free_all(headers);

    if (rc == OK) {
        answer_take(http, pool, ask, answer_r);
    } else if (answer_r->failure == CURLE_WRITE_ERROR) {
        answer_r->error = "the body of the answer is too long";
    }

    http->body_max = 0;

    return rc;
}


/* --- many at once --------------------------------------------------------- */

struct http_many_s {
    CURLM *multi;
    const address_networks_t *allowed;
    const char *ca_file;
};

typedef struct {
    http_many_t *many;
    pool_t *pool;
    const http_request_t *request;
    CURL *curl;
    struct curl_slist *lines;
    bool is_forbidden; /* an address was refused */
    size_t n_read;     /* bytes of the body */
    str_t headers, body;
    char error[CURL_ERROR_SIZE];
} transfer_t;


static void
keep(str_t *kept, const char *bytes, size_t len)
{
    size_t room = HTTP_KEPT_MAX - kept->len;

    len = len < room ? len : room;
    memcpy(kept->data + kept->len, bytes, len);
    kept->len += len;
}


static size_t
header_keep(char *bytes, size_t size, size_t n, void *data)
{
    transfer_t *transfer = data;

    keep(&transfer->headers, bytes, size * n);

    return size * n;
}


/* No caller reads more than that: a longer body ends the transfer. */
static size_t
body_keep(char *bytes, size_t size, size_t n, void *data)
{
    transfer_t *transfer = data;

    keep(&transfer->body, bytes, size * n);
    transfer->n_read += size * n;

    return transfer->n_read <= HTTP_READ_MAX ? size * n : 0;
}


/* The address that is checked is the one that is connected to: nothing is
 * resolved again behind this. */
static curl_socket_t
socket_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    transfer_t *transfer = data;

    if (purpose != CURLSOCKTYPE_IPCXN
        || !address_is_allowed(&address->addr, transfer->many->allowed)) {
        transfer->is_forbidden = true;
        return CURL_SOCKET_BAD;
    }

    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}


static CURLcode
transfer_set(transfer_t *transfer)
{
    const http_request_t *request = transfer->request;
    CURL *curl = transfer->curl;
    CURLcode rc = common_set(curl, request->url, transfer->many->ca_file,
                             transfer->lines, transfer->error);

    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_OPENSOCKETFUNCTION, socket_open);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_TIMEOUT_MS, request->timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout);
    SET(CURLOPT_HEADERFUNCTION, header_keep);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, body_keep);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_PRIVATE, transfer);

    if (request->is_get) {
        SET(CURLOPT_HTTPGET, 1L);
    } else {
        SET(CURLOPT_POSTFIELDS, request->body.data);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }

    return rc;
}


static void
transfer_close(transfer_t *transfer)
{
    if (transfer->curl != NULL) {
        curl_multi_remove_handle(transfer->many->multi, transfer->curl);
        curl_easy_cleanup(transfer->curl);
    }

    curl_slist_free_all(transfer->lines);
}


static void
many_close(void *data)
{
    http_many_t *many = data;

    curl_multi_cleanup(many->multi);
}


int
http_many_open(pool_t *pool, const address_networks_t *allowed,
               const char *ca_file, http_many_t **many_r)
{
    http_many_t *many = pool_new(pool, http_many_t);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    many->allowed = allowed;
    many->ca_file = ca_file;
    many->multi = curl_multi_init();

    if (many->multi == NULL) {
        log_error("libcurl did not start");
        return ERROR;
    }

    pool_cleanup(pool, many_close, many);
    *many_r = many;

    return OK;
}


int
http_many_send(http_many_t *many, pool_t *pool, const http_request_t *request)
{
    transfer_t *transfer = pool_new(pool, transfer_t);
    CURLcode rc;

    transfer->many = many;
    transfer->pool = pool;
    transfer->request = request;
    transfer->headers.data = pool_alloc(pool, HTTP_KEPT_MAX);
    transfer->body.data = pool_alloc(pool, HTTP_KEPT_MAX);
    transfer->curl = curl_easy_init();
    transfer->lines = curl_slist_append(NULL, "Expect:");

    for (const char *const *line = request->lines; *line != NULL; line++) {
        transfer->lines = curl_slist_append(transfer->lines, *line);
    }

    rc = transfer->curl != NULL ? transfer_set(transfer) : CURLE_FAILED_INIT;

    if (rc == CURLE_OK
        && curl_multi_add_handle(many->multi, transfer->curl) != CURLM_OK) {
        rc = CURLE_FAILED_INIT;
    }

    if (rc != CURLE_OK) {
        log_error("libcurl: %s", curl_easy_strerror(rc));
        transfer_close(transfer);
        return ERROR;
    }

    return OK;
}


/* A fixed text for an address that was refused: it must not reveal what is
 * there. */
static const char *
transfer_error(const transfer_t *transfer, CURLcode rc)
{
    if (transfer->is_forbidden) {
        return "its address is neither public nor in --allow";
    }

    return transfer->error[0] != '\0' ? transfer->error
                                      : curl_easy_strerror(rc);
}


/* A body that is too long ends a transfer whose answer has come. */
static void
transfer_done(transfer_t *transfer, CURLcode rc)
{
    http_reply_t reply = { .headers = transfer->headers,
                           .body = transfer->body };
    bool is_answered =
        rc == CURLE_OK
        || (rc == CURLE_WRITE_ERROR && transfer->n_read > HTTP_READ_MAX);
    curl_off_t retry_after = 0, took = 0;
    long status = 0;

    curl_easy_getinfo(transfer->curl, CURLINFO_TOTAL_TIME_T, &took);
    reply.took = took / 1000;

    if (is_answered) {
        curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &retry_after);
        reply.status = (int)status;
        reply.retry_after = (long)retry_after;

    } else {
        reply.error = pool_strdup(transfer->pool, transfer_error(transfer, rc));
    }

    transfer_close(transfer);
    transfer->request->done(transfer->request->data, &reply);
}


void
http_many_wait(http_many_t *many, int milliseconds)
{
    CURLMsg *message;
    int running, left;

    curl_multi_poll(many->multi, NULL, 0, milliseconds, NULL);
    curl_multi_perform(many->multi, &running);

    while ((message = curl_multi_info_read(many->multi, &left)) != NULL) {
        transfer_t *transfer = NULL;
        CURLcode rc = message->data.result;

        if (message->msg == CURLMSG_DONE
            && curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                                 (char **)&transfer)
                   == CURLE_OK) {
            transfer_done(transfer, rc);
        }
    }
}


/* --- requests of any kind ------------------------------------------------- */

struct http_client_s {
    CURL *curl;
    const http_call_t *call;
    uint64_t sent;
    bool is_ended; /* by the caller's function */
    char error[CURL_ERROR_SIZE];
};


static void
client_close(void *data)
{
    http_client_t *client = data;

    curl_easy_cleanup(client->curl);
}


int
http_client_open(pool_t *pool, http_client_t **client_r)
{
    http_client_t *client = pool_new(pool, http_client_t);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->curl = curl_easy_init();

    if (client->curl == NULL) {
        log_error("libcurl did not start");
        return ERROR;
    }

    pool_cleanup(pool, client_close, client);
    *client_r = client;

    return OK;
}


static size_t
call_read(char *buf, size_t size, size_t n, void *data)
{
    http_client_t *client = data;
    const http_call_t *call = client->call;
    uint64_t left = call->size - client->sent;
    size_t len = size * n < left ? size * n : (size_t)left;

    if (call->body != NULL) {
        memcpy(buf, call->body + client->sent, len);

    } else if (len != 0) {
        ssize_t got =
            pread(call->fd, buf, len, (off_t)(call->offset + client->sent));

        /* a file that became shorter ends the transfer as well */
        if (got <= 0) {
            return CURL_READFUNC_ABORT;
        }

        len = (size_t)got;
    }

    client->sent += len;

    return len;
}


/* A kept connection may end before the body was taken: it is sent again. */
static int
call_seek(void *data, curl_off_t offset, int origin)
{
    http_client_t *client = data;

    if (origin != SEEK_SET || offset < 0
        || (uint64_t)offset > client->call->size) {
        return CURL_SEEKFUNC_CANTSEEK;
    }

    client->sent = (uint64_t)offset;

    return CURL_SEEKFUNC_OK;
}


static size_t
call_write(char *bytes, size_t size, size_t n, void *data)
{
    http_client_t *client = data;
    const http_call_t *call = client->call;
    long status = 0;

    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);

    if (call->fn != NULL
        && !call->fn(call->data, (int)status, (unsigned char *)bytes,
                     size * n)) {
        client->is_ended = true;
        return 0;
    }

    return size * n;
}


static CURLcode
call_set(http_client_t *client, struct curl_slist *lines)
{
    const http_call_t *call = client->call;
    CURL *curl = client->curl;
    CURLcode rc = CURLE_OK;

#define SET(option, value)                                                     \
    rc = rc == CURLE_OK ? curl_easy_setopt(curl, option, value) : rc

    curl_easy_reset(curl); /* connections stay */
    SET(CURLOPT_URL, call->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, call->connect_timeout);
    SET(CURLOPT_TIMEOUT_MS, call->timeout);
    SET(CURLOPT_EXPECT_100_TIMEOUT_MS, (long)CONTINUE_MS);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)KEEP_SECONDS);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "Slipway/" SLIPWAY_VERSION);
    SET(CURLOPT_HTTPHEADER, lines);
    SET(CURLOPT_WRITEFUNCTION, call_write);
    SET(CURLOPT_WRITEDATA, client);
    SET(CURLOPT_ERRORBUFFER, client->error);

    if (call->is_direct) {
        SET(CURLOPT_PROXY, "");
        SET(CURLOPT_NOPROXY, "*");
    }

    if (call->timeout == 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
        SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    }

    if (call->ca_file != NULL) {
        SET(CURLOPT_CAINFO, call->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }

    if (call->has_body) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->size);
        SET(CURLOPT_READFUNCTION, call_read);
        SET(CURLOPT_READDATA, client);
        SET(CURLOPT_SEEKFUNCTION, call_seek);
        SET(CURLOPT_SEEKDATA, client);
    }

    SET(CURLOPT_NOBODY, strcmp(call->method, "HEAD") == 0 ? 1L : 0L);
    SET(CURLOPT_CUSTOMREQUEST, call->method);

#undef SET

    return rc;
}


static const char *
client_error(const http_client_t *client, CURLcode rc)
{
    return client->error[0] != '\0' ? client->error : curl_easy_strerror(rc);
}


int
http_client_send(http_client_t *client, pool_t *pool, const http_call_t *call,
                 http_answer_t *answer_r)
{
    struct curl_slist *lines = NULL;
    curl_off_t retry_after = 0;
    long status = 0;
    CURLcode rc;

    for (const char *const *line = call->lines; *line != NULL; line++) {
        lines = curl_slist_append(lines, *line);
    }

    if (call->has_body && call->size < CONTINUE_SIZE) {
        lines = curl_slist_append(lines, "Expect:"); /* libcurl's, for a PUT */
    }

    *answer_r = (http_answer_t){ .status = 0 };
    client->call = call;
    client->sent = 0;
    client->is_ended = false;
    client->error[0] = '\0';
    rc = call_set(client, lines);
    rc = rc == CURLE_OK ? curl_easy_perform(client->curl) : rc;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &retry_after);
    answer_r->status = (int)status;
    answer_r->retry_after = (long)retry_after;
    curl_slist_free_all(lines);

    if (rc != CURLE_OK && !client->is_ended) {
        answer_r->failure = (int)rc;
        answer_r->error = pool_strdup(pool, client_error(client, rc));
        return ERROR;
    }

    return OK;
}


const char *
http_client_header(const http_client_t *client, const char *name)
{
    struct curl_header *header;

    return curl_easy_header(client->curl, name, 0, CURLH_HEADER, -1, &header)
                   == CURLHE_OK
               ? header->value
               : NULL;
}
