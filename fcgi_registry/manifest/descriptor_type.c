/* descriptor_type.c: the types of a descriptor's fields other than media
 * type, size and digest. */

#include "manifest/descriptor_type.h"

#include "common/manifest_reduce.h"

#define BASE64                                                                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

typedef struct {
    const char *key;
    bool (*fits)(json_t *value);
} member_t;


static bool
is_text(json_t *value)
{
    return json_is_null(value) || json_is_string(value);
}


static bool
is_list(json_t *value)
{
    json_t *element;
    size_t i;

    json_array_foreach(value, i, element)
    {
        if (!is_text(element)) {
            return false;
        }
    }

    return json_is_null(value) || json_is_array(value);
}


static bool
is_map(json_t *value)
{
    const char *key;
    json_t *element;

    json_object_foreach(value, key, element)
    {
        if (!is_text(element)) {
            return false;
        }
    }

    return json_is_null(value) || json_is_object(value);
}


static bool
is_base64(json_t *value)
{
    const char *text = json_string_value(value);
    size_t len;

    if (text == NULL) {
        return json_is_null(value);
    }

    len = strspn(text, BASE64);

    return strlen(text) % 4 == 0
           && strspn(&text[len], "=") == strlen(&text[len])
           && strlen(&text[len]) <= 2;
}


static const char *
misfit(json_t *object, const member_t *members)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        for (const member_t *member = members; member->key != NULL; member++) {
            if (reg_manifest_key_is(key, member->key) && !member->fits(value)) {
                return member->key;
            }
        }
    }

    return NULL;
}


static bool
is_platform(json_t *value)
{
    static const member_t members[] = {
        { "architecture", is_text },
        { "os", is_text },
        { "os.version", is_text },
        { "os.features", is_list },
        { "variant", is_text },
        { "features", is_list },
        { NULL, NULL },
    };

    return json_is_null(value)
           || (json_is_object(value) && misfit(value, members) == NULL);
}


const char *
descriptor_type_misfit(json_t *descriptor)
{
    static const member_t members[] = {
        { "urls", is_list },         { "annotations", is_map },
        { "artifactType", is_text }, { "platform", is_platform },
        { "data", is_base64 },       { NULL, NULL },
    };

    return misfit(descriptor, members);
}
