/* name.h: the grammars of the names that come from outside
 * (protocols: OCI distribution "Pulling manifests", Docker reference). */

#ifndef REG_NAME_H
#define REG_NAME_H

#include "reg.h"

#define REG_NAME_MAX 255 /* bytes of a repository's name, as in registry:2 */
#define REG_TAG_MAX 128
#define REG_UPLOAD_ID_MAX 64
#define REG_LOGIN_MAX 64
#define REG_IMAGE_ID_MAX 64
#define REG_IMAGE_ID_SHORT 16
#define REG_SERVICE_MAX 255

/* Path components of lower-case letters and digits, joined inside by one
 * dot, one or two underscores or any run of dashes, and to each other by
 * slashes; REG_NAME_MAX bytes at the most. */
bool reg_name_is_valid(reg_str_t name);

/* [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
bool reg_tag_is_valid(reg_str_t tag);

/* A textual UUID, 36 bytes of lower-case hex and dashes: what registry:2
 * writes and the only form that its purge sees. */
bool reg_upload_id_is_valid(reg_str_t id);

/* The id of an image in the original protocol: 64 characters of lower-case
 * hex, or 16 of them. */
bool reg_image_id_is_valid(reg_str_t id);

/* A name as it stands in a path of the original protocol, where "library/a"
 * is another spelling of "a": without "library/" in front of a single
 * component.  A view into name. */
reg_str_t reg_name_from_v1(reg_str_t name);

/* One component of a repository's name: a login is also the name of the
 * namespace that the account owns; 2 to REG_LOGIN_MAX bytes. */
bool reg_login_is_valid(reg_str_t login);

/* A person's login, or a robot's: its namespace, a plus and its name; together
 * no longer than a login. */
bool reg_actor_is_valid(reg_str_t actor);

/* Printable ASCII without quote and backslash, 1 to REG_SERVICE_MAX bytes, no
 * space at an end: it stands in a challenge and in a verdict. */
bool reg_service_is_valid(reg_str_t service);

/* An http or https URL with a host, printable ASCII without space, quote and
 * backslash: it stands in a challenge. */
bool reg_realm_is_valid(reg_str_t realm);

/* As a service, but without any space: an account of this or another token
 * server, as it stands in a verdict and in logs. */
bool reg_account_is_valid(reg_str_t account);

/* The first component of a repository's name; a view into it. */
reg_str_t reg_name_namespace(reg_str_t name);

/* The name of a store in a bucket: [a-z0-9][a-z0-9._-]{0,63}, a file's name. */
bool reg_store_is_valid(reg_str_t name);

/* A TCP port in decimal digits: 1 to 65535, without a leading zero. */
bool reg_port_is_valid(reg_str_t text);

#endif
