/* secret_file.h: small files with secrets. */

#ifndef SECRET_FILE_H
#define SECRET_FILE_H

#include "fcgi_core/pool.h"

/* Reads a whole file of at most max bytes into the pool, terminated by NUL.
 * ERROR, logged, where it cannot be read, is longer, or is open to others
 * than its owner. */
int secret_file_read(pool_t *pool, const char *path, size_t max, str_t *text_r);

/* Makes a file of mode 0600 that was not there; durable when it returns.
 * ERROR has been logged, and no file is left. */
int secret_file_make(pool_t *pool, const char *path, str_t content);

#endif
