/* s3_xml.c: answers in XML. */

#include "s3/s3_xml.h"

#include <expat.h>
#include <limits.h>

#define DEPTH_MAX 8
#define NAME_SIZE 64
#define TEXT_MAX 8192 /* a key of 1024 bytes, each of them escaped twice */

typedef struct {
    XML_Parser parser;
    s3_xml_fn fn;
    void *data;
    size_t depth;
    char names[DEPTH_MAX + 1][NAME_SIZE]; /* the first one is "" */
    char text[TEXT_MAX];
    size_t len;
    bool is_bad;
} reader_t;


static void
stop(reader_t *reader)
{
    reader->is_bad = true;
    XML_StopParser(reader->parser, XML_FALSE);
}


static void XMLCALL
element_begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
    reader_t *reader = data;

    (void)attributes;

    if (reader->depth == DEPTH_MAX || strlen(name) >= NAME_SIZE) {
        stop(reader);
        return;
    }

    reader->len = 0;
    snprintf(reader->names[++reader->depth], NAME_SIZE, "%s", name);
}


static void XMLCALL
element_end(void *data, const XML_Char *name)
{
    reader_t *reader = data;

    /* expat ends an empty element whose begin has stopped it */
    if (reader->is_bad) {
        return;
    }

    reader->depth--;
    reader->fn(reader->data, reader->names[reader->depth], name,
               (str_t){ reader->len, (unsigned char *)reader->text });
    reader->len = 0;
}


static void XMLCALL
text_add(void *data, const XML_Char *text, int len)
{
    reader_t *reader = data;

    if ((size_t)len > TEXT_MAX - reader->len) {
        stop(reader);
        return;
    }

    memcpy(reader->text + reader->len, text, (size_t)len);
    reader->len += (size_t)len;
}


/* Entities could make a small document large. */
static void XMLCALL
doctype_refuse(void *data, const XML_Char *name, const XML_Char *system_id,
               const XML_Char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    stop(data);
}


int
s3_xml_read(str_t document, s3_xml_fn fn, void *data)
{
    reader_t reader = { .fn = fn, .data = data };
    int rc = ERROR;

    if (document.len > INT_MAX) {
        return ERROR;
    }

    reader.parser = XML_ParserCreate(NULL);

    if (reader.parser == NULL) {
        return ERROR;
    }

    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, element_begin, element_end);
    XML_SetCharacterDataHandler(reader.parser, text_add);
    XML_SetStartDoctypeDeclHandler(reader.parser, doctype_refuse);

    if (XML_Parse(reader.parser, (const char *)document.data, (int)document.len,
                  XML_TRUE)
            == XML_STATUS_OK
        && !reader.is_bad) {
        rc = OK;
    }

    XML_ParserFree(reader.parser);

    return rc;
}
