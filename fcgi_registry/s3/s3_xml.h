/* s3_xml.h: answers in XML.  s3_xml.c is the only file that includes expat. */

#ifndef S3_XML_H
#define S3_XML_H

#include "fcgi_core/core.h"

/* Called at the end of each element; parent is the name of the one that it is
 * in, "" for the outermost one.  The text is that of the element alone, and
 * valid during the call. */
typedef void (*s3_xml_fn)(void *data, const char *parent, const char *name,
                          str_t text);

/* Reads a whole document.  ERROR where it is not well-formed, has a document
 * type, is nested deeper than 8 elements, or has a longer text or name than any
 * answer of a store: what was passed to fn is then to be ignored. */
int s3_xml_read(str_t document, s3_xml_fn fn, void *data);

#endif
