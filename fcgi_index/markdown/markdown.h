/* markdown.h: Markdown of people as HTML that is safe to show; markdown.c is
 * the only file that includes md4c.  Pure but for the pool.
 *
 * What is written: p, h1 to h6, blockquote, ul, ol, li, hr, pre, code, table,
 * thead, tbody, tr, th, td, em, strong, del, a, img, br and a disabled
 * checkbox.  All else is text, HTML too. */

#ifndef MARKDOWN_H
#define MARKDOWN_H

#include "fcgi_core/pool.h"

#define MARKDOWN_HTML_MAX (512 * 1024)
#define MARKDOWN_DEPTH_MAX 64

typedef enum {
    MARKDOWN_PAGE,
    MARKDOWN_COMMENT /* without images and headings */
} markdown_kind_t;

/* OK and the HTML, in the pool; DECLINED where it is nested more than
 * MARKDOWN_DEPTH_MAX deep, or its HTML longer than MARKDOWN_HTML_MAX. */
int markdown_html(pool_t *pool, markdown_kind_t kind, const char *text,
                  const char **html_r);

#endif
