/* tar_entry.h: what the header of an entry of a tar archive says. */

#ifndef TAR_ENTRY_H
#define TAR_ENTRY_H

#include "fcgi_core/pool.h"

#define TAR_NAME_MAX 4096 /* bytes of a name, or of what a link points to */

/* Views are valid during the call. */
typedef struct {
    str_t name; /* as it is written, a directory's with its slash */
    str_t linkname;
    str_t uname, gname;
    int64_t mode, uid, gid;
    int64_t size;               /* of the content, with its holes */
    int64_t mtime;              /* seconds, rounded down */
    int64_t devmajor, devminor; /* of devices, else 0 */
    unsigned char typeflag; /* as it is written; a global header of pax is an
                               entry too */
} tar_entry_t;

#endif
