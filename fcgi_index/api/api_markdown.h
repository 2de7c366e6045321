/* api_markdown.h: Markdown as the pages will show it. */

#ifndef API_MARKDOWN_H
#define API_MARKDOWN_H

#include "api/route.h"

extern const field_t api_markdown_body[];
extern const model_t api_markdown_model;

/* Keeps nothing. */
int api_markdown_render(api_t *api);

#endif
