/* delivery.c: when an event is sent to a webhook again, and when no more. */

#include "webhook/delivery.h"
#include "fcgi_core/json.h"

#define MINUTE 60
#define HOUR 3600
#define SLOW_SECONDS 30 /* where a receiver asks for less, and does not say */
#define BREAKER_SECONDS 30
#define BREAKER_MAX HOUR
#define JITTER 20 /* in a hundred, more or less */

const char *const delivery_state_words[] = { "due",     "done",   "dead",
                                             "waiting", "broken", NULL };

/* Behind each attempt; the last has none. */
static const int64_t delays[DELIVERY_ATTEMPTS] = {
    5,         5 * MINUTE, 30 * MINUTE, 2 * HOUR,  5 * HOUR,
    10 * HOUR, 14 * HOUR,  20 * HOUR,   24 * HOUR, 0
};


static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}


static int64_t
delay_of(const delivery_result_t *r)
{
    int64_t delay = delays[r->attempts - 1];
    int64_t jitter = (int64_t)(r->random % (2 * JITTER + 1)) - JITTER;

    return larger(delay + delay * jitter / 100, 1);
}


/* What the receiver asks for; 0 where it does not. */
static int64_t
asked_of(const delivery_result_t *r)
{
    bool is_busy = r->status == 429 || (r->status >= 502 && r->status <= 504);

    if (r->retry_after > 0) {
        return r->retry_after < DELIVERY_WAIT_MAX ? r->retry_after
                                                  : DELIVERY_WAIT_MAX;
    }

    return is_busy ? SLOW_SECONDS : 0;
}


/* Doubled with each failure behind the first few; one attempt then shows
 * whether the receiver is back. */
static int64_t
breaker_of(const delivery_result_t *r)
{
    uint64_t failures = r->failures + 1;
    int64_t pause = BREAKER_SECONDS;

    if (failures < DELIVERY_BREAKER) {
        return 0;
    }

    for (uint64_t i = DELIVERY_BREAKER; i < failures && pause < BREAKER_MAX;
         i++) {
        pause *= 2;
    }

    return pause < BREAKER_MAX ? pause : BREAKER_MAX;
}


static const char *
off_of(const delivery_result_t *r)
{
    if (r->status == 410) {
        return "the receiver answered 410: it wants no more";
    }

    return r->failures + 1 >= DELIVERY_OFF_ATTEMPTS
                   && r->now - r->failing_since >= DELIVERY_OFF_SECONDS
               ? "nothing has been accepted for five days"
               : NULL;
}


delivery_verdict_t
delivery_judge(const delivery_result_t *r)
{
    delivery_verdict_t verdict = { .state = DELIVERY_DONE };
    int64_t pause, asked;

    if (r->status / 100 == 2) {
        return verdict;
    }

    asked = asked_of(r);
    pause = larger(asked, breaker_of(r));
    verdict.off = off_of(r);
    verdict.state = verdict.off != NULL || r->attempts >= DELIVERY_ATTEMPTS
                        ? DELIVERY_DEAD
                        : DELIVERY_DUE;
    verdict.next_at =
        verdict.state == DELIVERY_DUE ? r->now + larger(delay_of(r), asked) : 0;
    verdict.paused_until = pause != 0 ? r->now + pause : 0;

    return verdict;
}


/* Bytes of the character that begins here; 0 where it is none. */
static size_t
character_len(const unsigned char *bytes, size_t len)
{
    size_t n = bytes[0] < 0x80   ? 1
               : bytes[0] < 0xe0 ? 2
               : bytes[0] < 0xf0 ? 3
                                 : 4;
    json_t *value;

    if (n == 1 || n > len) {
        return n == 1
                       && (bytes[0] >= ' ' || bytes[0] == '\n'
                           || bytes[0] == '\t')
                       && bytes[0] != 0x7f
                   ? 1
                   : 0;
    }

    value = json_stringn((const char *)bytes, n);
    json_decref(value);

    return value != NULL ? n : 0;
}


const char *
delivery_text(pool_t *pool, str_t bytes)
{
    char *text = pool_alloc(pool, bytes.len + 1);
    size_t to = 0;

    for (size_t i = 0; i < bytes.len;) {
        size_t n = character_len(bytes.data + i, bytes.len - i);

        if (n == 0) {
            /* lines of HTTP end in two characters */
            text[to] = '?';
            to += bytes.data[i++] != '\r';
            continue;
        }

        memcpy(text + to, bytes.data + i, n);
        to += n;
        i += n;
    }

    text[to] = '\0';

    return text;
}
