/* team.h: teams of organizations.  Changes are as change.h has them, by owners;
 * teams and their members are listed with "db/db_team.h". */

#ifndef TEAM_H
#define TEAM_H

#include "access/change.h"

#define TEAMS_MAX 1000 /* of a namespace */

/* A team's name is formed as a login is. */
int team_add(change_t *change, const char *namespace, const char *name);

/* With its roles. */
int team_delete(change_t *change, const char *namespace, const char *name);

/* Only members of the organization are in its teams. */
int team_member_add(change_t *change, const char *namespace, const char *name,
                    const char *login);
int team_member_remove(change_t *change, const char *namespace,
                       const char *name, const char *login);

/* For other models: the id of a team of the change's namespace. */
int team_find(change_t *change, const char *name, uint64_t *id_r);

#endif
