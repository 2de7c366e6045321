/* routes.h: the table of routes. */

#ifndef ROUTES_H
#define ROUTES_H

#include "api/route.h"

extern const route_table_t routes;

#endif
