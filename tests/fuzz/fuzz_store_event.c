/* fuzz_store_event.c: an event of the store, as the index reads it. */

#include "reg_fuzz.h"
#include "fcgi_index/mirror/store_event.h"


static void
items_check(const event_t *event)
{
    must(event->n <= EVENT_ITEMS_MAX);

    for (size_t i = 1; i < event->n; i++) {
        must(strcmp(event->items[i - 1].name, event->items[i].name) < 0);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pool_t *pool = pool_create();
    const char *error = NULL, *why = NULL;
    event_t event = { .kind = EVENT_IGNORED };
    json_t *json;

    if (json_parse(pool, fuzz_str(data, size), &json, &error) != OK) {
        must(error != NULL);

    } else if (event_read(pool, json, 1764000000, &event, &why) != OK) {
        must(why != NULL);

    } else if (event.kind == EVENT_PAGE) {
        items_check(&event);
    }

    pool_destroy(pool);

    return 0;
}
