/* fuzz_fcgi.c: what comes from nginx: records of FastCGI, as the input has
 * them, or the input as the parameters and the body of a request that is well
 * formed. */

#include "reg_fuzz.h"
#include "fcgi_core/fcgi.h"
#include "fcgi_core/listen.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BODY_MAX 1024
#define INPUT_MAX                                                              \
    16384 /* fits into a socket's buffer: nobody reads meanwhile */

enum { BEGIN = 1, PARAMS = 4, STDIN = 5 };

const char *__asan_default_options(void);

static char socket_path[64];
static pool_t *process_pool;
static fcgi_t *fcgi;


/* libfcgi 2.4.2 loses 48 bytes when a management record is cut short. */
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}


static void
server_open(void)
{
    listen_t listening;

    snprintf(socket_path, sizeof(socket_path), "/tmp/fuzz-fcgi-%d.sock",
             (int)getpid());
    must(listen_open(socket_path, &listening) == OK);
    process_pool = pool_create();
    must(fcgi_open(process_pool, listening.fd, &fcgi) == OK);
}


static int
client_open(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    memcpy(address.sun_path, socket_path, sizeof(socket_path));
    must(fd >= 0);
    must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);

    return fd;
}


static void
record_send(int fd, int type, const uint8_t *data, size_t size)
{
    uint8_t header[8] = { 1, (uint8_t)type,        0,
                          1, (uint8_t)(size >> 8), (uint8_t)size };

    must(write(fd, header, sizeof(header)) == sizeof(header));
    must(write(fd, data, size) == (ssize_t)size);
}


static void
request_send(int fd, const uint8_t *data, size_t size)
{
    static const uint8_t begin[8] = { 0, 1 }; /* a responder */
    size_t params = size / 2;

    record_send(fd, BEGIN, begin, sizeof(begin));
    record_send(fd, PARAMS, data, params);
    record_send(fd, PARAMS, data, 0);
    record_send(fd, STDIN, data + params, size - params);
    record_send(fd, STDIN, data, 0);
}


static void
request_read(req_t *rq)
{
    str_t body = { 0, NULL };

    must(rq->method != NULL && rq->query != NULL && rq->content_type != NULL);

    if (req_body(rq, BODY_MAX, &body) == OK) {
        must(body.len <= BODY_MAX);
    } else {
        must(rq->is_failed);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned is_raw = fuzz_byte(&data, &size) % 2;
    req_t rq = { .pool = pool_create() };
    int fd;

    if (fcgi == NULL) {
        server_open();
    }

    size = size > INPUT_MAX ? INPUT_MAX : size;
    fd = client_open();

    if (is_raw) {
        must(write(fd, data, size) == (ssize_t)size);
    } else {
        request_send(fd, data, size);
    }

    shutdown(fd, SHUT_WR);

    if (fcgi_accept(fcgi, &rq) == OK) {
        request_read(&rq);
        fcgi_finish(fcgi);
    }

    close(fd);
    pool_destroy(rq.pool);

    return 0;
}
