/* api_markdown.c: Markdown as the pages will show it. */

#include "api/api_markdown.h"
#include "api/problem.h"
#include "fcgi_core/reply.h"
#include "markdown/markdown.h"
#include "repository/profile.h"

static const char *const kinds[] = { "page", "comment", NULL };

const field_t api_markdown_body[] = {
    { .name = "text",
      .type = FIELD_TEXT,
      .flags = FIELD_REQUIRED,
      .max = PROFILE_PAGE_MAX,
      .help = "The Markdown; at most 64 KiB." },
    { .name = "kind",
      .type = FIELD_STRING,
      .values = kinds,
      .help = "What it is for: the page of a repository, which is what it is "
              "without, or a comment, which has no headings and images." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "html",
      .type = FIELD_STRING,
      .help = "The same as HTML that is safe to show." },
    { .name = NULL },
};

const model_t api_markdown_model = { "Markdown", model_fields };


int
api_markdown_render(api_t *api)
{
    const char *text = api_str(api, "text"), *kind = api_str(api, "kind");
    const char *html;
    markdown_kind_t as = kind != NULL && strcmp(kind, "comment") == 0
                             ? MARKDOWN_COMMENT
                             : MARKDOWN_PAGE;

    if (strlen(text) > PROFILE_PAGE_MAX
        || markdown_html(api->pool, as, text, &html) != OK) {
        return problem_fail(api, PROBLEM_FIELD, "text",
                            "text must have at most %d bytes, and be nested "
                            "no more than %d deep",
                            PROFILE_PAGE_MAX, MARKDOWN_DEPTH_MAX);
    }

    return reply_json(api->rq, 200, json_pack("{s:s}", "html", html));
}
