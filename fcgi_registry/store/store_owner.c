/* store_owner.c: the user that a store belongs to. */

#include "store/store_owner.h"

#include "common/path.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_MODE 0777 /* and the umask, as all in the store */


/* A user of no name has no groups but the store's. */
static int
owner_take(const struct stat *st)
{
    const struct passwd *owner = getpwuid(st->st_uid);
    int rc = owner != NULL ? initgroups(owner->pw_name, st->st_gid)
                           : setgroups(1, &st->st_gid);

    return rc == 0 && setgid(st->st_gid) == 0 && setuid(st->st_uid) == 0
               ? OK
               : ERROR;
}


int
store_owner_become(const char *root)
{
    char inside[PATH_MAX + sizeof(REG_PATH_PREFIX)];
    struct stat st;

    snprintf(inside, sizeof(inside), "%s" REG_PATH_PREFIX, root);

    if (geteuid() != 0 || (stat(inside, &st) != 0 && stat(root, &st) != 0)
        || st.st_uid == 0) {
        return OK;
    }

    if (owner_take(&st) != OK) {
        log_error("cannot become the owner of %s: %s", root, strerror(errno));
        return ERROR;
    }

    umask(~st.st_mode & DIRECTORY_MODE);

    return OK;
}
