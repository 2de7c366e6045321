/* agent.h: what a client of the original protocol says of itself in its
 * User-Agent: "docker/1.6.2 go/go1.4.2 kernel/3.16.0 os/linux arch/amd64". */

#ifndef REG_AGENT_H
#define REG_AGENT_H

#include "reg.h"

#define REG_AGENT_VERSION_MAX 128 /* bytes of a version that is kept */

/* The version behind the first "product/" of a User-Agent, whose parts are
 * separated by spaces; product is in lower case and is found in any.  A view
 * into agent.  REG_DECLINED where there is none, or it is empty, longer than
 * REG_AGENT_VERSION_MAX or not printable ASCII. */
int reg_agent_version(reg_str_t agent, const char *product,
                      reg_str_t *version_r);

#endif
