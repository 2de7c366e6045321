/* name.c: the grammars of the names that come from outside. */

#include "name.h"

#define STORE_NAME_MAX 64
#define PORT_DIGITS 5
#define PORT_MAX 65535


static bool
is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}


/* Length of the run of c at the start of s. */
static size_t
run_len(reg_str_t s, unsigned char c)
{
    size_t n = 0;

    while (n < s.len && s.data[n] == c) {
        n++;
    }

    return n;
}


/* Length of a separator within a component: one dot, one or two underscores,
 * any run of dashes; 0 for anything else. */
static size_t
separator_len(reg_str_t s)
{
    size_t n = run_len(s, s.data[0]);

    switch (s.data[0]) {
    case '.':
        return n == 1 ? n : 0;
    case '_':
        return n <= 2 ? n : 0;
    case '-':
        return n;
    default:
        return 0;
    }
}


/* One component: alphanumerics at both ends, separators only between. */
static bool
component_is_valid(reg_str_t s)
{
    bool was_alnum = false;

    while (s.len != 0) {
        size_t n = 1;

        if (!is_alnum(s.data[0])) {
            n = was_alnum ? separator_len(s) : 0;

            if (n == 0) {
                return false;
            }
        }

        was_alnum = is_alnum(s.data[0]);
        s.data += n;
        s.len -= n;
    }

    return was_alnum;
}


reg_str_t
reg_name_namespace(reg_str_t name)
{
    size_t n = 0;

    while (n < name.len && name.data[n] != '/') {
        n++;
    }

    return (reg_str_t){ n, name.data };
}


bool
reg_name_is_valid(reg_str_t name)
{
    if (name.len > REG_NAME_MAX) {
        return false;
    }

    for (;;) {
        reg_str_t component = reg_name_namespace(name);

        if (!component_is_valid(component)) {
            return false;
        }

        if (component.len == name.len) {
            return true;
        }

        name.data += component.len + 1;
        name.len -= component.len + 1;
    }
}


static bool
is_tag_char(unsigned char c)
{
    return is_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'
           || c == '-';
}


bool
reg_tag_is_valid(reg_str_t tag)
{
    if (tag.len == 0 || tag.len > REG_TAG_MAX || tag.data[0] == '.'
        || tag.data[0] == '-') {
        return false;
    }

    for (size_t i = 0; i < tag.len; i++) {
        if (!is_tag_char(tag.data[i])) {
            return false;
        }
    }

    return true;
}


bool
reg_upload_id_is_valid(reg_str_t id)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (id.len != sizeof(form) - 1) {
        return false;
    }

    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = id.data[i];
        bool is_hex = is_alnum(c) && c <= 'f';

        if (form[i] == '-' ? c != '-' : !is_hex) {
            return false;
        }
    }

    return true;
}


bool
reg_image_id_is_valid(reg_str_t id)
{
    if (id.len != REG_IMAGE_ID_MAX && id.len != REG_IMAGE_ID_SHORT) {
        return false;
    }

    for (size_t i = 0; i < id.len; i++) {
        if (!is_alnum(id.data[i]) || id.data[i] > 'f') {
            return false;
        }
    }

    return true;
}


reg_str_t
reg_name_from_v1(reg_str_t name)
{
    const reg_str_t library = reg_str("library/");

    if (name.len <= library.len
        || memcmp(name.data, library.data, library.len) != 0
        || memchr(name.data + library.len, '/', name.len - library.len)
               != NULL) {
        return name;
    }

    return (reg_str_t){ name.len - library.len, name.data + library.len };
}


bool
reg_login_is_valid(reg_str_t login)
{
    return login.len >= 2 && login.len <= REG_LOGIN_MAX
           && component_is_valid(login);
}


bool
reg_actor_is_valid(reg_str_t actor)
{
    reg_str_t robot = actor;

    while (robot.len != 0 && robot.data[0] != '+') {
        robot.data++;
        robot.len--;
    }

    if (robot.len == 0) {
        return reg_login_is_valid(actor);
    }

    if (actor.len > REG_LOGIN_MAX) {
        return false;
    }

    actor.len -= robot.len;
    robot.data++;
    robot.len--;

    return reg_login_is_valid(actor) && reg_login_is_valid(robot);
}


bool
reg_service_is_valid(reg_str_t service)
{
    if (service.len == 0 || service.len > REG_SERVICE_MAX
        || service.data[0] == ' ' || service.data[service.len - 1] == ' ') {
        return false;
    }

    for (size_t i = 0; i < service.len; i++) {
        unsigned char c = service.data[i];

        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\') {
            return false;
        }
    }

    return true;
}


bool
reg_realm_is_valid(reg_str_t realm)
{
    static const char *const schemes[] = { "https://", "http://" };

    for (size_t i = 0; i < realm.len; i++) {
        unsigned char c = realm.data[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
            return false;
        }
    }

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);

        if (realm.len > len && memcmp(realm.data, schemes[i], len) == 0) {
            return memchr("/:?#@", realm.data[len], 5) == NULL;
        }
    }

    return false;
}


bool
reg_account_is_valid(reg_str_t account)
{
    return reg_service_is_valid(account)
           && memchr(account.data, ' ', account.len) == NULL;
}


bool
reg_store_is_valid(reg_str_t name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = name.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!is_plain && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
            return false;
        }
    }

    return name.len != 0 && name.len <= STORE_NAME_MAX;
}


bool
reg_port_is_valid(reg_str_t text)
{
    unsigned long port = 0;

    if (text.len == 0 || text.len > PORT_DIGITS || text.data[0] == '0') {
        return false;
    }

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }

        port = port * 10 + (unsigned long)(text.data[i] - '0');
    }

    return port <= PORT_MAX;
}
