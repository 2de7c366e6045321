/* fuzz_fcgi.c: a request as nginx passes it on: the input is the parameters,
 * names and values with NULs between them, an empty name, and the body.  The
 * records themselves are nginx's, and libfcgi's to read. */

#include "reg_fuzz.h"
#include "fcgi_core/fcgi.h"
#include "fcgi_core/listen.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BODY_MAX 1024
#define INPUT_MAX 8192 /* fits into the socket's buffer */
#define RECORD_MAX (3 * INPUT_MAX)

enum { BEGIN = 1, PARAMS = 4, STDIN = 5 };

static char socket_path[64];
static pool_t *process_pool;
static fcgi_t *fcgi;


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
                          1, (uint8_t)(size >> 8), (uint8_t)(size & 0xff) };

    must(write(fd, header, sizeof(header)) == sizeof(header));
    must(write(fd, data, size) == (ssize_t)size);
}


/* Takes what stands before the next NUL off the front of the input. */
static reg_str_t
text_take(const uint8_t **data, size_t *size)
{
    const uint8_t *nul = *size == 0 ? NULL : memchr(*data, 0, *size);
    size_t len = nul == NULL ? *size : (size_t)(nul - *data);
    reg_str_t text = fuzz_str(*data, len);

    *data += len;
    *size -= len;
    (void)fuzz_byte(data, size);

    return text;
}


static uint8_t *
length_put(uint8_t *p, size_t len)
{
    *p++ = 0x80;
    *p++ = 0;
    *p++ = (uint8_t)(len >> 8);
    *p++ = (uint8_t)(len & 0xff);

    return p;
}


static uint8_t *
text_put(uint8_t *p, reg_str_t text)
{
    memcpy(p, text.data, text.len);

    return p + text.len;
}


static void
request_send(int fd, const uint8_t *data, size_t size)
{
    static const uint8_t begin[8] = { 0, 1 }; /* a responder */
    static uint8_t params[RECORD_MAX];
    uint8_t *p = params;

    while (size != 0 && p - params < INPUT_MAX) {
        reg_str_t name = text_take(&data, &size), value;

        if (name.len == 0) {
            break;
        }

        value = text_take(&data, &size);
        p = text_put(
            text_put(length_put(length_put(p, name.len), value.len), name),
            value);
    }

    record_send(fd, BEGIN, begin, sizeof(begin));
    record_send(fd, PARAMS, params, (size_t)(p - params));

    if (p != params) {
        record_send(fd, PARAMS, params, 0);
    }

    record_send(fd, STDIN, data, size);

    if (size != 0) {
        record_send(fd, STDIN, data, 0);
    }
}


static void
request_read(req_t *rq)
{
    str_t body = { 0, NULL }, text;
    uint64_t number;

    must(rq->method != NULL && rq->query != NULL && rq->content_type != NULL);
    (void)req_arg(rq, "n", 16, &text);
    (void)req_arg_number(rq, "n", &text, &number);
    (void)req_bearer(req_param_str(rq, "HTTP_AUTHORIZATION"));

    if (req_body(rq, BODY_MAX, &body) == OK) {
        must(body.len <= BODY_MAX);
    } else {
        must(rq->is_failed);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    req_t rq = { .pool = pool_create() };
    int fd;

    if (fcgi == NULL) {
        server_open();
    }

    fd = client_open();
    request_send(fd, data, size > INPUT_MAX ? INPUT_MAX : size);
    must(fcgi_accept(fcgi, &rq) == OK);
    request_read(&rq);
    shutdown(fd, SHUT_WR); /* libfcgi waits for that before it closes */
    fcgi_finish(fcgi);
    close(fd);
    pool_destroy(rq.pool);

    return 0;
}
