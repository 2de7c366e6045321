/* markdown.c: Markdown of people as HTML that is safe to show. */

#include "markdown/markdown.h"
#include "common/writer.h"

#include <md4c.h>
#include <strings.h>

#define HREF_MAX 2048
#define ENTITY_MAX 16
#define LANGUAGE_MAX 20
#define SLUG_MAX 64
#define REPLACEMENT "\xef\xbf\xbd"

typedef struct {
    markdown_kind_t kind;
    reg_writer_t w;
    unsigned depth;
    unsigned images; /* that are open: their text is an attribute */
    bool has_image;  /* the outermost of them has a tag */
    bool has_link;   /* the link that is open has a tag */
    size_t heading;  /* where the text of the one that is open begins */
    bool is_heading;
    char slug[SLUG_MAX + 1];
    size_t slug_len;
} page_t;

/* A link's address on its way. */
typedef struct {
    char text[HREF_MAX + 1];
    size_t len;
    bool is_bad;
} href_t;


/* --- text ----------------------------------------------------------------- */

/* The only function that writes what people wrote. */
static void
put_text(page_t *page, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '&':
            reg_put_cstr(&page->w, "&amp;");
            break;
        case '<':
            reg_put_cstr(&page->w, "&lt;");
            break;
        case '>':
            reg_put_cstr(&page->w, "&gt;");
            break;
        case '"':
            reg_put_cstr(&page->w, "&quot;");
            break;
        case '\'':
            reg_put_cstr(&page->w, "&#39;");
            break;
        default:
            reg_put_char(&page->w, text[i]);
        }
    }
}


/* Letters and digits stay in an anchor, spaces become hyphens. */
static void
put_slug(page_t *page, const char *text, size_t len)
{
    for (size_t i = 0; i < len && page->slug_len < SLUG_MAX; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c >= 'A' && c <= 'Z') {
            c += 'a' - 'A';
        }

        if (c == ' ') {
            c = '-';
        }

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
            || c == '_') {
            page->slug[page->slug_len++] = (char)c;
        }
    }
}


/* --- addresses ------------------------------------------------------------ */

static void
href_put(href_t *href, char c)
{
    if (href->len == HREF_MAX) {
        href->is_bad = true;
        return;
    }

    href->text[href->len++] = c;
}


/* Controls and spaces say nothing, and browsers skip some of them. */
static void
href_put_text(href_t *href, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c > ' ' && c != 0x7f) {
            href_put(href, text[i]);
        }
    }
}


/* "&#58;" and the like, of ASCII. */
static bool
entity_number(const char *entity, char *c_r)
{
    bool is_hex = entity[2] == 'x' || entity[2] == 'X';
    char *end;
    unsigned long number =
        strtoul(entity + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10);

    *c_r = (char)number;

    return *end == ';' && number != 0 && number < 0x80;
}


/* Those that an address may need; a name that we do not know may be of a
 * colon. */
static void
href_put_entity(href_t *href, const char *text, size_t len)
{
    char entity[ENTITY_MAX + 1], c;

    if (len > ENTITY_MAX) {
        href->is_bad = true;
        return;
    }

    memcpy(entity, text, len);
    entity[len] = '\0';

    if (strcmp(entity, "&amp;") == 0) {
        href_put(href, '&');
    } else if (entity[1] == '#' && entity_number(entity, &c)) {
        href_put_text(href, &c, 1);
    } else {
        href->is_bad = true;
    }
}


static bool
has_scheme(const char *text, size_t len, const char *scheme)
{
    return len == strlen(scheme) && strncasecmp(text, scheme, len) == 0;
}


/* http and https with a host, mailto, or something of this site. */
static bool
href_is_good(const href_t *href, bool is_image)
{
    const char *text = href->text;
    size_t scheme = strcspn(text, ":/?#");

    if (href->is_bad || href->len == 0 || strchr(text, '\\') != NULL
        || strncmp(text, "//", 2) == 0) {
        return false;
    }

    if (text[scheme] != ':') {
        return !is_image;
    }

    if (strncmp(text + scheme, "://", 3) == 0) {
        return has_scheme(text, scheme, "https")
               || (!is_image && has_scheme(text, scheme, "http"));
    }

    return !is_image && has_scheme(text, scheme, "mailto");
}


static void
href_read(href_t *href, const MD_ATTRIBUTE *from)
{
    href->len = 0;
    href->is_bad = false;

    for (size_t i = 0;
         from->text != NULL && from->substr_offsets[i] < from->size; i++) {
        const char *text = from->text + from->substr_offsets[i];
        size_t len = from->substr_offsets[i + 1] - from->substr_offsets[i];

        if (from->substr_types[i] == MD_TEXT_NORMAL) {
            href_put_text(href, text, len);
        } else if (from->substr_types[i] == MD_TEXT_ENTITY) {
            href_put_entity(href, text, len);
        } else {
            href->is_bad = true;
        }
    }

    href->text[href->len] = '\0';
}


/* Anchors of a page are those of its headings. */
static void
open_link(page_t *page, const MD_SPAN_A_DETAIL *detail)
{
    href_t href;

    href_read(&href, &detail->href);
    page->has_link = href_is_good(&href, false);

    if (page->has_link) {
        bool is_anchor = href.text[0] == '#';

        reg_put_cstr(&page->w,
                     is_anchor ? "<a href=\"#user-content-" : "<a href=\"");
        put_text(page, href.text + is_anchor, href.len - is_anchor);
        reg_put_cstr(&page->w, "\" rel=\"nofollow noopener ugc\">");
    }
}


static void
open_image(page_t *page, const MD_SPAN_IMG_DETAIL *detail)
{
    href_t href;

    href_read(&href, &detail->src);
    page->has_image = page->kind == MARKDOWN_PAGE && href_is_good(&href, true);

    if (page->has_image) {
        reg_put_cstr(&page->w, "<img loading=\"lazy\" "
                               "referrerpolicy=\"no-referrer\" src=\"");
        put_text(page, href.text, href.len);
        reg_put_cstr(&page->w, "\" alt=\"");
    }
}


/* --- blocks --------------------------------------------------------------- */

static const char *const block_tags[] = {
    [MD_BLOCK_DOC] = NULL,      [MD_BLOCK_QUOTE] = "blockquote",
    [MD_BLOCK_UL] = "ul",       [MD_BLOCK_OL] = "ol",
    [MD_BLOCK_LI] = "li",       [MD_BLOCK_HR] = NULL,
    [MD_BLOCK_H] = NULL,        [MD_BLOCK_CODE] = NULL,
    [MD_BLOCK_HTML] = NULL,     [MD_BLOCK_P] = "p",
    [MD_BLOCK_TABLE] = "table", [MD_BLOCK_THEAD] = "thead",
    [MD_BLOCK_TBODY] = "tbody", [MD_BLOCK_TR] = "tr",
    [MD_BLOCK_TH] = "th",       [MD_BLOCK_TD] = "td",
};

static const char *const span_tags[] = {
    [MD_SPAN_EM] = "em",
    [MD_SPAN_STRONG] = "strong",
    [MD_SPAN_CODE] = "code",
    [MD_SPAN_DEL] = "del",
};


static void
put_tag(page_t *page, const char *start, const char *tag, const char *end)
{
    reg_put_cstr(&page->w, start);
    reg_put_cstr(&page->w, tag);
    reg_put_cstr(&page->w, end);
}


/* A word that a page's highlighter may know; nothing else is a class. */
static void
open_code(page_t *page, const MD_BLOCK_CODE_DETAIL *detail)
{
    const char *lang = detail->lang.text;
    size_t len = detail->lang.size;
    bool is_word = lang != NULL && len != 0 && len <= LANGUAGE_MAX;

    for (size_t i = 0; is_word && i < len; i++) {
        is_word = (lang[i] >= 'a' && lang[i] <= 'z')
                  || (lang[i] >= '0' && lang[i] <= '9') || lang[i] == '+'
                  || lang[i] == '-';
    }

    reg_put_cstr(&page->w, "<pre><code");

    if (is_word) {
        reg_put_cstr(&page->w, " class=\"language-");
        put_text(page, lang, len);
        reg_put_cstr(&page->w, "\"");
    }

    reg_put_cstr(&page->w, ">");
}


static void
open_item(page_t *page, const MD_BLOCK_LI_DETAIL *detail)
{
    if (detail->is_task) {
        reg_put_cstr(&page->w, detail->task_mark == ' '
                                   ? "<input type=\"checkbox\" disabled> "
                                   : "<input type=\"checkbox\" disabled "
                                     "checked> ");
    }
}


static void
open_cell(page_t *page, const char *tag, const MD_BLOCK_TD_DETAIL *detail)
{
    static const char *const aligns[] = { [MD_ALIGN_DEFAULT] = ">",
                                          [MD_ALIGN_LEFT] = " align=\"left\">",
                                          [MD_ALIGN_CENTER] =
                                              " align=\"center\">",
                                          [MD_ALIGN_RIGHT] =
                                              " align=\"right\">" };

    put_tag(page, "<", tag, aligns[detail->align]);
}


/* The tag is put in front of the text when that is known. */
static void
close_heading(page_t *page, const MD_BLOCK_H_DETAIL *detail)
{
    char tag[SLUG_MAX + sizeof("<h1 id=\"user-content-\">")];
    int len;

    page->is_heading = false;
    page->slug[page->slug_len] = '\0';

    if (page->kind != MARKDOWN_PAGE) {
        reg_put_cstr(&page->w, "</strong></p>\n");
        return;
    }

    len = snprintf(tag, sizeof(tag), "<h%u id=\"user-content-%s\">",
                   detail->level, page->slug);
    reg_put(&page->w, (str_t){ (size_t)len, (unsigned char *)tag });

    if (!page->w.is_full) {
        char *text = page->w.buf + page->heading;

        memmove(text + len, text, page->w.len - page->heading - (size_t)len);
        memcpy(text, tag, (size_t)len);
    }

    snprintf(tag, sizeof(tag), "</h%u>\n", detail->level);
    reg_put_cstr(&page->w, tag);
}


static void
open_heading(page_t *page)
{
    if (page->kind != MARKDOWN_PAGE) {
        reg_put_cstr(&page->w, "<p><strong>");
    }

    page->heading = page->w.len;
    page->is_heading = true;
    page->slug_len = 0;
}


/* --- what md4c calls ------------------------------------------------------ */

/* A number below 0 stops md4c; others above do not always. */
static int
go_on(const page_t *page)
{
    return page->depth > MARKDOWN_DEPTH_MAX || page->w.is_full ? -1 : 0;
}


static int
enter_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    page_t *page = data;

    if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        open_cell(page, block_tags[type], detail);
    } else if (type == MD_BLOCK_CODE) {
        open_code(page, detail);
    } else if (type == MD_BLOCK_H) {
        open_heading(page);
    } else if (type == MD_BLOCK_HR) {
        reg_put_cstr(&page->w, "<hr>\n");
    } else if (block_tags[type] != NULL) {
        put_tag(page, "<", block_tags[type], ">");
    }

    if (type == MD_BLOCK_LI) {
        open_item(page, detail);
    }

    page->depth++;

    return go_on(page);
}


static int
leave_block(MD_BLOCKTYPE type, void *detail, void *data)
{
    page_t *page = data;

    page->depth--;

    if (type == MD_BLOCK_CODE) {
        reg_put_cstr(&page->w, "</code></pre>\n");
    } else if (type == MD_BLOCK_H) {
        close_heading(page, detail);
    } else if (block_tags[type] != NULL) {
        put_tag(page, "</", block_tags[type], ">\n");
    }

    return go_on(page);
}


static int
enter_span(MD_SPANTYPE type, void *detail, void *data)
{
    page_t *page = data;

    page->depth++;

    if (type == MD_SPAN_IMG && page->images++ == 0) {
        open_image(page, detail);
    } else if (page->images == 0 && type == MD_SPAN_A) {
        open_link(page, detail);
    } else if (page->images == 0 && type != MD_SPAN_IMG) {
        put_tag(page, "<", span_tags[type], ">");
    }

    return go_on(page);
}


static int
leave_span(MD_SPANTYPE type, void *detail, void *data)
{
    page_t *page = data;

    (void)detail;
    page->depth--;

    if (type == MD_SPAN_IMG) {
        if (--page->images == 0 && page->has_image) {
            reg_put_cstr(&page->w, "\">");
        }
    } else if (page->images == 0 && type != MD_SPAN_A) {
        put_tag(page, "</", span_tags[type], ">");
    } else if (page->images == 0 && page->has_link) {
        reg_put_cstr(&page->w, "</a>");
    }

    return go_on(page);
}


static int
put_run(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *data)
{
    page_t *page = data;

    switch (type) {
    case MD_TEXT_NULLCHAR:
        reg_put_cstr(&page->w, REPLACEMENT);
        break;
    case MD_TEXT_BR:
        reg_put_cstr(&page->w, page->images == 0 ? "<br>\n" : " ");
        break;
    case MD_TEXT_SOFTBR:
        reg_put_cstr(&page->w, "\n");
        break;
    case MD_TEXT_ENTITY: /* letters and digits: md4c has looked */
        reg_put(&page->w, (str_t){ size, (unsigned char *)text });
        break;
    default:
        put_text(page, text, size);
    }

    if (page->is_heading && page->images == 0) {
        put_slug(page, text, size);
    }

    return go_on(page);
}


int
markdown_html(pool_t *pool, markdown_kind_t kind, const char *text,
              const char **html_r)
{
    const MD_PARSER parser = { .flags = MD_DIALECT_GITHUB | MD_FLAG_NOHTML,
                               .enter_block = enter_block,
                               .leave_block = leave_block,
                               .enter_span = enter_span,
                               .leave_span = leave_span,
                               .text = put_run };
    page_t page = { .kind = kind,
                    .w = reg_writer(pool_alloc(pool, MARKDOWN_HTML_MAX),
                                    MARKDOWN_HTML_MAX) };

    if (md_parse(text, (MD_SIZE)strlen(text), &parser, &page) != 0
        || reg_writer_finish(&page.w) < 0) {
        return DECLINED;
    }

    *html_r = page.w.buf;

    return OK;
}
