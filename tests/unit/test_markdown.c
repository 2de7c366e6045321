/* test_markdown.c: Markdown of people as HTML that is safe to show. */

#include "reg_unit.h"
#include "fcgi_index/markdown/markdown.h"

#define LINK(href, text)                                                       \
    "<p><a href=\"" href "\" rel=\"nofollow noopener ugc\">" text "</a></p>\n"
#define IMAGE(src, alt)                                                        \
    "<p><img loading=\"lazy\" referrerpolicy=\"no-referrer\" src=\"" src       \
    "\" alt=\"" alt "\"></p>\n"

typedef struct {
    const char *text, *html;
} page_case_t;


static void
pages_check(const page_case_t *cases, size_t n)
{
    pool_t *pool = pool_create();

    for (size_t i = 0; i < n; i++) {
        const char *html;

        assert_int_equal(
            markdown_html(pool, MARKDOWN_PAGE, cases[i].text, &html), OK);
        assert_string_equal(html, cases[i].html);
    }

    pool_destroy(pool);
}


static void
pages_become_html(void **state)
{
    static const page_case_t cases[] = {
        { "", "" },
        { "a *b* **c** ~~d~~ `e<`",
          "<p>a <em>b</em> <strong>c</strong> <del>d</del> "
          "<code>e&lt;</code></p>\n" },
        { "# An App_1!", "<h1 id=\"user-content-an-app_1\">An App_1!</h1>\n" },
        { "## *x* \"><b>", "<h2 id=\"user-content-x-b\"><em>x</em> "
                           "&quot;&gt;&lt;b&gt;</h2>\n" },
        { "- [x] a\n- [ ] b",
          "<ul><li><input type=\"checkbox\" disabled checked> a</li>\n"
          "<li><input type=\"checkbox\" disabled> b</li>\n</ul>\n" },
        { "|a|b|\n|:--|--:|\n|1|2|",
          "<table><thead><tr><th align=\"left\">a</th>\n"
          "<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody><tr>"
          "<td align=\"left\">1</td>\n<td align=\"right\">2</td>\n</tr>\n"
          "</tbody>\n</table>\n" },
        { "```c++\na<b\n```",
          "<pre><code class=\"language-c++\">a&lt;b\n</code></pre>\n" },
        { "```js\" onload=x\na\n```", "<pre><code>a\n</code></pre>\n" },
        { "> q\n\n---", "<blockquote><p>q</p>\n</blockquote>\n<hr>\n" },
        { "a&nbsp;b&#60;c&bogus;", "<p>a&nbsp;b&#60;c&bogus;</p>\n" },
        { "a  \nb\nc", "<p>a<br>\nb\nc</p>\n" },
    };

    (void)state;
    pages_check(cases, sizeof(cases) / sizeof(cases[0]));
}


static void
links_lead_to_the_web_only(void **state)
{
    static const page_case_t cases[] = {
        { "[a](https://x.y/?b=c&d)", LINK("https://x.y/?b=c&amp;d", "a") },
        { "[a](HTTP://x)", LINK("HTTP://x", "a") },
        { "[a](mailto:b@c)", LINK("mailto:b@c", "a") },
        { "[a](#b)", LINK("#user-content-b", "a") },
        { "[a](b/c?d)", LINK("b/c?d", "a") },
        { "[a](/b)", LINK("/b", "a") },
        { "[a](b \"c\")", LINK("b", "a") },
        { "[a](https://x/\"onclick=\")",
          LINK("https://x/&quot;onclick=&quot;", "a") },
        { "[a](javascript:alert)", "<p>a</p>\n" },
        { "[a](JaVaScRiPt:alert)", "<p>a</p>\n" },
        { "[a](javascript&#58;alert)", "<p>a</p>\n" },
        { "[a](javascript&#x3a;alert)", "<p>a</p>\n" },
        { "[a](javascript&colon;alert)", "<p>a</p>\n" },
        { "[a](java&#9;script:alert)", "<p>a</p>\n" },
        { "[a](java&Tab;script:alert)", "<p>a</p>\n" },
        { "[a](<java\tscript:alert>)", "<p>a</p>\n" },
        { "[a](&#1;javascript:alert)", "<p>a</p>\n" },
        { "[a](vbscript:x)", "<p>a</p>\n" },
        { "[a](data:text/html,x)", "<p>a</p>\n" },
        { "[a](//evil)", "<p>a</p>\n" },
        { "[a](/\\\\evil)", "<p>a</p>\n" },
        { "[a](https:evil)", "<p>a</p>\n" },
        { "[a]()", "<p>a</p>\n" },
        { "<javascript:x>", "<p>javascript:x</p>\n" },
        { "![a \"b\" *c*](https://x/y)",
          IMAGE("https://x/y", "a &quot;b&quot; c") },
        { "![a](http://x)", "<p>a</p>\n" },
        { "![a](data:image/svg)", "<p>a</p>\n" },
        { "![a ![b](https://y) [c](d)](https://x)",
          IMAGE("https://x", "a b c") },
        { "<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n" },
        { "<script>a</script>", "<p>&lt;script&gt;a&lt;/script&gt;</p>\n" },
        { "<!-- a -->", "<p>&lt;!-- a --&gt;</p>\n" },
    };

    (void)state;
    pages_check(cases, sizeof(cases) / sizeof(cases[0]));
}


static void
comments_have_neither_images_nor_headings(void **state)
{
    pool_t *pool = pool_create();
    const char *html;

    (void)state;
    assert_int_equal(
        markdown_html(pool, MARKDOWN_COMMENT, "# a\n\n![b](https://x)", &html),
        OK);
    assert_string_equal(html, "<p><strong>a</strong></p>\n<p>b</p>\n");
    pool_destroy(pool);
}


/* What grows more than it should is refused; nothing takes long. */
static void
nasty_pages_end(void **state)
{
    static const struct {
        const char *part;
        int rc;
    } cases[] = {
        { ">", DECLINED },  { "+ ", DECLINED }, { "![[]()", OK },
        { "[a](", OK },     { "*a ", OK },      { "`", OK },
        { "| a ", OK },     { "<", OK },        { "&#1;", OK },
        { "<a@b.c> ", OK }, { "**a*", OK },     { "\n- a\n", OK },
    };
    char *text = malloc(65537);

    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pool_t *pool = pool_create();
        size_t len = strlen(cases[i].part), n = 0;
        const char *html;

        for (; n + len < 65536; n += len) {
            memcpy(text + n, cases[i].part, len);
        }

        text[n] = '\0';
        assert_int_equal(markdown_html(pool, MARKDOWN_PAGE, text, &html),
                         cases[i].rc);
        pool_destroy(pool);
    }

    free(text);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_become_html),
        cmocka_unit_test(links_lead_to_the_web_only),
        cmocka_unit_test(comments_have_neither_images_nor_headings),
        cmocka_unit_test(nasty_pages_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
