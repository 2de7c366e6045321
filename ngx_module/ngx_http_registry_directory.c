
/*
 * Directories that an nginx worker keeps open, of repositories and of all
 * blobs: a link is then found from its repository, and the size of a blob from
 * there, not from the root of the file system.
 */


#include "ngx_http_registry_module.h"


/* descriptors of a worker */

#define NGX_HTTP_REGISTRY_DIRECTORIES  256

/* in milliseconds: how soon a store that was moved aside is seen */

#define NGX_HTTP_REGISTRY_RECHECK      1000


typedef struct {
    ngx_str_node_t               sn;        /* of the path */
    ngx_queue_t                  queue;
    ngx_fd_t                     fd;
    ngx_msec_t                   checked;
    u_char                       path[1];   /* with a final null */
} ngx_http_registry_directory_t;


static ngx_http_registry_directory_t *ngx_http_registry_directory_get(
    ngx_http_request_t *r, u_char *path, size_t len);
static ngx_http_registry_directory_t *ngx_http_registry_directory_add(
    ngx_http_request_t *r, ngx_str_t *path, uint32_t hash);
static ngx_uint_t ngx_http_registry_directory_is_current(
    ngx_http_registry_directory_t *directory);
static void ngx_http_registry_directory_close(
    ngx_http_registry_directory_t *directory);


static ngx_rbtree_t       ngx_http_registry_directories;
static ngx_rbtree_node_t  ngx_http_registry_directories_sentinel;
static ngx_queue_t        ngx_http_registry_directories_queue;
static ngx_uint_t         ngx_http_registry_directories_n;


void
ngx_http_registry_directory_init(void)
{
    ngx_rbtree_init(&ngx_http_registry_directories,
                    &ngx_http_registry_directories_sentinel,
                    ngx_str_rbtree_insert_value);

    ngx_queue_init(&ngx_http_registry_directories_queue);
}


int
ngx_http_registry_stat(ngx_http_request_t *r, char *path, size_t below,
    struct stat *fi, int flags)
{
    ngx_http_registry_directory_t  *directory;

    directory = ngx_http_registry_directory_get(r, (u_char *) path, below);

    if (directory) {

        if (fstatat(directory->fd, path + below + 1, fi, flags) == 0) {
            return 0;
        }

        /* it may have been removed, and made again */

        ngx_http_registry_directory_close(directory);
    }

    return fstatat(AT_FDCWD, path, fi, flags);
}


/* NULL where there is no such directory, or none can be opened. */

static ngx_http_registry_directory_t *
ngx_http_registry_directory_get(ngx_http_request_t *r, u_char *path,
    size_t len)
{
    uint32_t                        hash;
    ngx_str_t                       name;
    ngx_http_registry_directory_t  *directory;

    name.len = len;
    name.data = path;

    hash = ngx_murmur_hash2(path, len);

    directory = (ngx_http_registry_directory_t *)
                    ngx_str_rbtree_lookup(&ngx_http_registry_directories,
                                          &name, hash);

    if (directory == NULL) {
        return ngx_http_registry_directory_add(r, &name, hash);
    }

    if (ngx_current_msec - directory->checked > NGX_HTTP_REGISTRY_RECHECK) {

        if (!ngx_http_registry_directory_is_current(directory)) {
            ngx_http_registry_directory_close(directory);
            return ngx_http_registry_directory_add(r, &name, hash);
        }

        directory->checked = ngx_current_msec;
    }

    ngx_queue_remove(&directory->queue);
    ngx_queue_insert_head(&ngx_http_registry_directories_queue,
                          &directory->queue);

    return directory;
}


static ngx_http_registry_directory_t *
ngx_http_registry_directory_add(ngx_http_request_t *r, ngx_str_t *path,
    uint32_t hash)
{
    ngx_queue_t                    *q;
    ngx_http_registry_directory_t  *directory;

    if (ngx_http_registry_directories_n == NGX_HTTP_REGISTRY_DIRECTORIES) {
        q = ngx_queue_last(&ngx_http_registry_directories_queue);
        ngx_http_registry_directory_close(ngx_queue_data(q,
                                      ngx_http_registry_directory_t, queue));
    }

    directory = ngx_alloc(sizeof(ngx_http_registry_directory_t) + path->len,
                          r->connection->log);
    if (directory == NULL) {
        return NULL;
    }

    ngx_cpystrn(directory->path, path->data, path->len + 1);

    directory->fd = open((char *) directory->path,
                         O_PATH|O_DIRECTORY|O_CLOEXEC);

    if (directory->fd == NGX_INVALID_FILE) {
        ngx_free(directory);
        return NULL;
    }

    directory->sn.node.key = hash;
    directory->sn.str.len = path->len;
    directory->sn.str.data = directory->path;
    directory->checked = ngx_current_msec;

    ngx_rbtree_insert(&ngx_http_registry_directories, &directory->sn.node);
    ngx_queue_insert_head(&ngx_http_registry_directories_queue,
                          &directory->queue);

    ngx_http_registry_directories_n++;

    return directory;
}


/* Whether the path still leads to the directory that is open. */

static ngx_uint_t
ngx_http_registry_directory_is_current(
    ngx_http_registry_directory_t *directory)
{
    struct stat  fi, opened;

    return stat((char *) directory->path, &fi) == 0
           && fstat(directory->fd, &opened) == 0
           && fi.st_dev == opened.st_dev
           && fi.st_ino == opened.st_ino;
}


static void
ngx_http_registry_directory_close(ngx_http_registry_directory_t *directory)
{
    if (ngx_close_file(directory->fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", directory->path);
    }

    ngx_rbtree_delete(&ngx_http_registry_directories, &directory->sn.node);
    ngx_queue_remove(&directory->queue);
    ngx_free(directory);

    ngx_http_registry_directories_n--;
}
