/* spool_reader.c: the spool of events as one of its consumers sees it. */

#include "spool/spool_reader.h"
#include "fcgi_core/file.h"

#include "common/range.h"

#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW (16 * SPOOL_LINE_MAX) /* read at once */
#define CURSOR_MAX 64


static int
failed(const char *doing, const char *what)
{
    log_error("cannot %s %s: %s", doing, what, strerror(errno));

    return ERROR;
}


bool
spool_consumer_is_valid(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return len != 0 && len <= SPOOL_CONSUMER_MAX && name[len] == '\0';
}


/* --- the cursor ---------------------------------------------------------- */


/* "7 1234": how far the consumer in a directory is.  DECLINED where it says
 * nothing that can be understood. */
static int
cursor_get(pool_t *pool, const char *consumer, uint64_t *segment_r,
           uint64_t *offset_r)
{
    const char *path = pool_printf(pool, "%s/cursor", consumer);
    str_t text, first, second;
    int rc = file_get(pool, path, CURSOR_MAX, &text);
    unsigned char *space;

    if (rc != OK) {
        return rc == DECLINED ? DECLINED : failed("read", path);
    }

    space = memchr(text.data, ' ', text.len);

    if (space == NULL || text.data[text.len - 1] != '\n') {
        return DECLINED;
    }

    first = (str_t){ (size_t)(space - text.data), text.data };
    second = (str_t){ text.len - first.len - 2, space + 1 };

    return reg_number_parse(first, segment_r) == OK
                   && reg_number_parse(second, offset_r) == OK
               ? OK
               : DECLINED;
}


/* Survives the end of the process, and of the machine where is_durable. */
static int
cursor_put(const spool_reader_t *reader, pool_t *pool, bool is_durable)
{
    const char *path = pool_printf(pool, "%s/cursor", reader->consumer);
    const char *text =
        pool_printf(pool, "%llu %llu\n", (unsigned long long)reader->segment,
                    (unsigned long long)reader->offset);
    int rc = is_durable ? file_put(pool, path, reg_cstr(text))
                        : file_put_hint(pool, path, reg_cstr(text));

    return rc == OK ? OK : failed("write", path);
}


/* --- the directory ----------------------------------------------------------
 */


/* The lowest segment that a consumer still needs, 0 where that is not
 * known. */
static uint64_t
segment_needed(pool_t *pool, const char *consumers)
{
    DIR *dir = opendir(consumers);
    uint64_t lowest = UINT64_MAX;
    struct dirent *entry;

    if (dir == NULL) {
        return 0;
    }

    while ((entry = readdir(dir)) != NULL) {
        uint64_t segment = 0, offset;

        if (!spool_consumer_is_valid(entry->d_name)) {
            continue;
        }

        if (cursor_get(pool,
                       pool_printf(pool, "%s/%s", consumers, entry->d_name),
                       &segment, &offset)
            != OK) {
            segment = 0;
        }

        lowest = segment < lowest ? segment : lowest;
    }

    closedir(dir);

    return lowest;
}


/* Removes the segments that no one needs, never the newest: its number is
 * where the next one's comes from. */
static void
segments_del(const spool_reader_t *reader, pool_t *pool,
             const spool_segments_t *segments)
{
    uint64_t needed = segment_needed(
        pool, pool_printf(pool, "%s/consumers", reader->directory));

    for (size_t i = 0; i + 1 < segments->n && segments->numbers[i] < needed;
         i++) {
        const char *path =
            spool_segment_path(pool, reader->directory, segments->numbers[i]);

        if (unlink(path) != 0 && errno != ENOENT) {
            failed("remove", path);
        }
    }
}


/* --- opening ------------------------------------------------------------- */


/* What a process that was killed in cursor_put() has left. */
static void
leftovers_del(pool_t *pool, const char *directory)
{
    DIR *dir = opendir(directory);
    struct dirent *entry;

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (file_is_leftover(entry->d_name)) {
            unlink(pool_printf(pool, "%s/%s", directory, entry->d_name));
        }
    }

    closedir(dir);
}


static int
consumer_lock(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        return failed("open", directory);
    }

    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return failed("lock", directory);
        }

        log_error("another process delivers for %s", directory);
        return ERROR;
    }

    return OK; /* open, and locked, until the process ends */
}


int
spool_reader_open(spool_reader_t *reader, pool_t *pool, const char *root,
                  const char *name)
{
    spool_segments_t segments;
    int rc;

    *reader = (spool_reader_t){ .directory = spool_directory(pool, root) };
    reader->consumer =
        pool_printf(pool, "%s/consumers/%s", reader->directory, name);

    if (directory_make(pool, reader->consumer) != OK) {
        return failed("make", reader->consumer);
    }

    if (consumer_lock(reader->consumer) != OK) {
        return ERROR;
    }

    leftovers_del(pool, reader->consumer);
    rc = cursor_get(pool, reader->consumer, &reader->segment, &reader->offset);

    if (rc != DECLINED) {
        return rc;
    }

    if (spool_segments(pool, reader->directory, &segments) != OK) {
        return failed("list", reader->directory);
    }

    reader->segment = segments.n == 0 ? 1 : segments.numbers[0];
    reader->offset = 0;

    return cursor_put(reader, pool, true);
}


/* --- reading ------------------------------------------------------------- */


/* Bytes of the segment from the offset on, those of one window.  DECLINED
 * where there is no such segment. */
static int
window_read(spool_reader_t *reader, pool_t *pool, str_t *window_r)
{
    const char *path =
        spool_segment_path(pool, reader->directory, reader->segment);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    ssize_t n;

    *window_r = (str_t){ 0, NULL };

    if (fd < 0) {
        return errno == ENOENT ? DECLINED : failed("open", path);
    }

    if (fstat(fd, &st) == 0 && (uint64_t)st.st_size < reader->offset) {
        log_warn("%s has become shorter: it is read from the beginning", path);
        reader->offset = 0;
    }

    window_r->data = pool_alloc(pool, WINDOW);
    n = pread(fd, window_r->data, WINDOW, (off_t)reader->offset);

    if (n < 0 || (n > 0 && fdatasync(fd) != 0)) {
        failed("read", path);
        close(fd);
        return ERROR;
    }

    close(fd);
    window_r->len = (size_t)n;

    return OK;
}


/* The next whole line, and behind it *window; false where there is none. */
static bool
line_take(str_t *window, str_t *line_r)
{
    unsigned char *end = memchr(window->data, '\n', window->len);

    if (end == NULL) {
        return false;
    }

    *line_r = (str_t){ (size_t)(end - window->data), window->data };
    window->data += line_r->len + 1;
    window->len -= line_r->len + 1;

    return true;
}


/* What a crash has cut short is no JSON object, whatever its bytes are. */
static bool
is_event(pool_t *pool, str_t line)
{
    const char *error;
    json_t *event;

    return json_parse(pool, line, &event, &error) == OK
           && json_is_object(event);
}


/* Fills the batch from a window, with what it skips in between. */
static void
batch_fill(spool_reader_t *reader, pool_t *pool, str_t window, size_t max,
           spool_batch_t *batch)
{
    const unsigned char *start = window.data;
    str_t line;

    while (batch->n < max && line_take(&window, &line)) {
        if (is_event(pool, line)) {
            batch->lines[batch->n++] = line;

        } else if (line.len != 0) {
            log_warn("%s, segment %llu: %zu bytes are not an event and are "
                     "skipped: a crash may have cut them short",
                     reader->directory, (unsigned long long)reader->segment,
                     line.len);
        }
    }

    reader->next = reader->offset + (size_t)(window.data - start);

    if (reader->next == reader->offset && window.len == WINDOW) {
        reader->next += WINDOW; /* no event has so many bytes */
    }
}


/* The segment behind the present one; the first of all where the present one
 * is newer than any, because the spool was removed.  DECLINED where there is
 * none. */
static int
segment_next(spool_reader_t *reader, const spool_segments_t *segments,
             uint64_t *number_r)
{
    if (segments->n == 0) {
        return DECLINED;
    }

    if (segments->numbers[segments->n - 1] < reader->segment) {
        *number_r = segments->numbers[0];
        return OK;
    }

    for (size_t i = 0; i < segments->n; i++) {
        if (segments->numbers[i] > reader->segment) {
            *number_r = segments->numbers[i];
            return OK;
        }
    }

    return DECLINED;
}


/* The batch of one segment; is_last where no one writes to it any more. */
static int
segment_read(spool_reader_t *reader, pool_t *pool, size_t max,
             spool_batch_t *batch)
{
    str_t window;
    int rc;

    do {
        rc = window_read(reader, pool, &window);

        if (rc != OK || window.len == 0) {
            return rc == ERROR ? ERROR : DECLINED;
        }

        batch_fill(reader, pool, window, max, batch);

        if (batch->n != 0) {
            return OK;
        }

        if (reader->next == reader->offset) {
            return DECLINED; /* a line that has no end yet */
        }

        reader->offset = reader->next;
    } while (true);
}


int
spool_reader_next(spool_reader_t *reader, pool_t *pool, size_t max,
                  spool_batch_t *batch_r)
{
    spool_segments_t segments;
    uint64_t number;
    int rc;

    *batch_r = (spool_batch_t){ 0, pool_alloc(pool, max * sizeof(str_t)) };

    for (;;) {
        /* looked for first: what stands in the present segment when there is
         * a newer one is all that ever will */
        if (spool_segments(pool, reader->directory, &segments) != OK) {
            return failed("list", reader->directory);
        }

        rc = segment_read(reader, pool, max, batch_r);

        if (rc != DECLINED || segment_next(reader, &segments, &number) != OK) {
            return rc;
        }

        reader->segment = number;
        reader->offset = reader->next = 0;

        if (cursor_put(reader, pool, true) != OK) {
            return ERROR;
        }

        segments_del(reader, pool, &segments);
    }
}


int
spool_reader_done(spool_reader_t *reader, pool_t *pool)
{
    reader->offset = reader->next;

    return cursor_put(reader, pool, false);
}
